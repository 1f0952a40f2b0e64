package io.adapterworks.evaluate;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pass.LanguageModel;
import io.adapterworks.tokenize.TokenBatch;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Measures of models that generate text. */
public final class TextMetrics {
  private static final Pattern NOT_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

  private TextMetrics() {}

  /**
   * How well a model foresees given text.
   *
   * @param perplexity e to the mean loss of the scored tokens
   * @param tokenAccuracy share of scored tokens that had the highest logit
   * @param tokens how many were scored
   */
  public record Foresight(double perplexity, double tokenAccuracy, long tokens) {}

  /**
   * How close generated texts come to references.
   *
   * @param rougeL the mean of {@link #rougeL}
   * @param exactMatch share of texts equal to their reference but for whitespace around them
   * @param rows how many were compared
   */
  public record Closeness(double rougeL, double exactMatch, int rows) {}

  /** Scores every label of the batches. */
  public static Foresight foresight(LanguageModel model, List<TokenBatch> batches) {
    double loss = 0;
    long correct = 0;
    long scored = 0;
    for (TokenBatch batch : batches) {
      LanguageModel.Score score = model.score(batch);
      loss += score.loss() * score.scored();
      correct += score.correct();
      scored += score.scored();
    }
    Check.that(
        scored > 0, ErrorCode.INPUT, "no token is scored; expected rows with an answer to foresee");
    return new Foresight(Math.exp(loss / scored), (double) correct / scored, scored);
  }

  /** Compares texts with their references, pair by pair. */
  public static Closeness closeness(List<String> texts, List<String> references) {
    Check.that(
        !texts.isEmpty() && texts.size() == references.size(),
        ErrorCode.INPUT,
        "%d texts and %d references; expected as many, at least one",
        texts.size(),
        references.size());
    double rouge = 0;
    int exact = 0;
    for (int i = 0; i < texts.size(); i++) {
      rouge += rougeL(texts.get(i), references.get(i));
      exact += texts.get(i).strip().equals(references.get(i).strip()) ? 1 : 0;
    }
    return new Closeness(rouge / texts.size(), (double) exact / texts.size(), texts.size());
  }

  /**
   * The harmonic mean of the shares of both texts' words that are in their longest common
   * subsequence (Lin 2004, "ROUGE"). Words are runs of letters and digits, in lower case.
   */
  public static double rougeL(String text, String reference) {
    List<String> a = words(text);
    List<String> b = words(reference);
    if (a.isEmpty() || b.isEmpty()) {
      return a.equals(b) ? 1 : 0;
    }
    double common = longestCommonSubsequence(a, b);
    double precision = common / a.size();
    double recall = common / b.size();
    return common == 0 ? 0 : 2 * precision * recall / (precision + recall);
  }

  private static List<String> words(String text) {
    return NOT_WORD
        .splitAsStream(text.toLowerCase(Locale.ROOT))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  private static int longestCommonSubsequence(List<String> a, List<String> b) {
    int[] above = new int[b.size() + 1];
    for (String word : a) {
      int[] row = new int[b.size() + 1];
      for (int j = 1; j <= b.size(); j++) {
        row[j] = word.equals(b.get(j - 1)) ? above[j - 1] + 1 : Math.max(above[j], row[j - 1]);
      }
      above = row;
    }
    return above[b.size()];
  }
}
