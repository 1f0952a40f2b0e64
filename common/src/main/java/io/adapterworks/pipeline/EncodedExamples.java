package io.adapterworks.pipeline;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.model.BaseModel;
import io.adapterworks.serve.PromptFormat;
import io.adapterworks.tokenize.ConversationEncoder;
import io.adapterworks.tokenize.EncodedConversation;
import io.adapterworks.tokenize.TokenRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Examples as a decoder sees them, and what became of those that do not fit.
 *
 * @param rows the tokens of each example that has an answer to score
 * @param cut what truncation took away, empty where it took nothing
 * @param refused what the chat template refused, empty where it refused nothing
 */
record EncodedExamples(List<TokenRow> rows, List<String> cut, List<String> refused) {
  /**
   * Encodes examples with the base model's chat template.
   *
   * @param split what to call them
   * @param maxTokens the longest row
   */
  static EncodedExamples of(
      List<Example> examples, String split, BaseModel base, PromptFormat format, int maxTokens) {
    ConversationEncoder encoder =
        new ConversationEncoder(base.tokenizer(), base.textFormat().template(), maxTokens);
    List<TokenRow> rows = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    Cut cut = new Cut();
    for (Example example : examples) {
      try {
        EncodedConversation row = encoder.encode(format.turns(example.text(), example.response()));
        cut.add(row);
        if (row.scored() > 0) {
          rows.add(row.row());
        }
      } catch (AdapterworksException refused) {
        // One conversation that the model's template does not allow must not stop the others.
        failures.add(refused.getMessage());
      }
    }
    List<String> told =
        failures.isEmpty()
            ? List.of()
            : List.of(
                "Left out %d of %d %s rows that the chat template refuses; the first: %s"
                    .formatted(failures.size(), examples.size(), split, failures.get(0)));
    return new EncodedExamples(rows, cut.told(examples.size(), split, maxTokens), told);
  }

  /** What is said to people. */
  List<String> notes() {
    List<String> notes = new ArrayList<>(cut);
    notes.addAll(refused);
    return notes;
  }

  /** Counts what truncation takes away. */
  private static final class Cut {
    private int rows;
    private long tokens;
    private long scored;
    private int unanswered;

    void add(EncodedConversation row) {
      rows += row.isCut() ? 1 : 0;
      tokens += row.cutTokens();
      scored += row.cutScored();
      unanswered += row.scored() == 0 ? 1 : 0;
    }

    List<String> told(int of, String split, int maxTokens) {
      if (rows == 0 && unanswered == 0) {
        return List.of();
      }
      return List.of(
          String.format(
              Locale.ROOT,
              "Cut %d of %d %s rows to base.maxTokens=%d: %,d tokens gone, %,d of them of answers;"
                  + " %d rows have no answer left and are left out",
              rows,
              of,
              split,
              maxTokens,
              tokens,
              scored,
              unanswered));
    }
  }
}
