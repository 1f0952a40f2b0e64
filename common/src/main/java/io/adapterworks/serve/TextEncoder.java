package io.adapterworks.serve;

import io.adapterworks.error.Check;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import io.adapterworks.tokenize.Tokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tokenises texts and groups them into batches of a bounded number of tokens, texts of like length
 * together.
 *
 * @param maxTokens the most tokens of one text, special tokens included
 * @param tokensPerBatch the most tokens of a batch, unless a single text has more
 */
public record TextEncoder(Tokenizer tokenizer, int maxTokens, int tokensPerBatch) {
  private static final int DEFAULT_TOKENS_PER_BATCH = 2048;

  public TextEncoder {
    Check.positive("base.maxTokens", maxTokens);
    Check.positive("tokensPerBatch", tokensPerBatch);
  }

  public TextEncoder(Tokenizer tokenizer, int maxTokens) {
    this(tokenizer, maxTokens, DEFAULT_TOKENS_PER_BATCH);
  }

  /** A batch, and of each of its rows the place in the list of texts. */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  public record Group(TokenBatch batch, int[] places) {}

  /** Token ids of one text. */
  public int[] encode(String text) {
    return tokenizer.encode(text, maxTokens);
  }

  /** Every text once, in batches. */
  public List<Group> batches(List<String> texts) {
    List<Group> groups = new ArrayList<>();
    List<TokenRow> rows = texts.stream().map(t -> TokenRow.unlabelled(encode(t))).toList();
    List<Integer> order =
        IntStream.range(0, rows.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> rows.get(i).length()))
            .toList();
    List<Integer> group = new ArrayList<>();
    int tokens = 0;
    for (int place : order) {
      int length = rows.get(place).length();
      if (!group.isEmpty() && tokens + length > tokensPerBatch) {
        groups.add(group(rows, group));
        group.clear();
        tokens = 0;
      }
      group.add(place);
      tokens += length;
    }
    if (!group.isEmpty()) {
      groups.add(group(rows, group));
    }
    return groups;
  }

  private static Group group(List<TokenRow> rows, List<Integer> group) {
    int[] places = group.stream().mapToInt(Integer::intValue).toArray();
    return new Group(TokenBatch.of(group.stream().map(rows::get).toList()), places);
  }
}
