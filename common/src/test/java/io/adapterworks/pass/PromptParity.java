package io.adapterworks.pass;

import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Scoring some tokens of a batch and scoring the others add up to scoring all of them: losses and
 * gradients, each weighted by its tokens.
 */
final class PromptParity {
  private PromptParity() {}

  /**
   * @param whole with a label for nearly every token, so that all are multiplied with the
   *     vocabulary
   * @param tolerance relative, of the gradients
   */
  static void assertPartsAddUp(TrainablePass pass, TokenBatch whole, double tolerance) {
    float[] expected = weighted(pass, whole);
    float[] sum = weighted(pass, scoring(whole, token -> token % 5 < 2));
    float[] rest = weighted(pass, scoring(whole, token -> token % 5 >= 2));
    for (int i = 0; i < sum.length; i++) {
      sum[i] += rest[i];
    }
    Closeness.assertRelativelyWithin("two parts' gradients", expected, sum, tolerance);
  }

  /** The sums over scored tokens of the gradient, and last of the loss. */
  private static float[] weighted(TrainablePass pass, TokenBatch batch) {
    int size = pass.layout().size();
    float[] gradient = new float[size];
    double loss = pass.lossAndGradient(batch, 1, gradient);
    float[] sums = Arrays.copyOf(gradient, size + 1);
    sums[size] = (float) loss;
    for (int i = 0; i < sums.length; i++) {
      sums[i] *= batch.scored();
    }
    return sums;
  }

  private static TokenBatch scoring(TokenBatch batch, IntPredicate scored) {
    int[] ids = batch.ids();
    int[] labels = batch.labels();
    int[] starts = batch.starts();
    for (int n = 0; n < labels.length; n++) {
      labels[n] = scored.test(n) ? labels[n] : TokenBatch.IGNORED;
    }
    List<TokenRow> rows = new ArrayList<>();
    for (int s = 0; s + 1 < starts.length; s++) {
      rows.add(
          TokenRow.scored(
              Arrays.copyOfRange(ids, starts[s], starts[s + 1]),
              Arrays.copyOfRange(labels, starts[s], starts[s + 1])));
    }
    return TokenBatch.of(rows);
  }
}
