package io.adapterworks.pass;

import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Scoring some tokens of a batch, picked from the others, and scoring the others add up to scoring
 * all of them, where none is picked: losses and gradients, each weighted by its tokens.
 */
final class PromptParity {
  private PromptParity() {}

  /**
   * @param tolerance relative
   */
  static void assertPartsAddUp(TrainablePass pass, TokenBatch batch, double tolerance) {
    float[] expected = weighted(pass, scoring(batch, token -> true));
    float[] sum = weighted(pass, scoring(batch, token -> token % 5 < 2));
    float[] rest = weighted(pass, scoring(batch, token -> token % 5 >= 2));
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

  /** The same tokens, each with some label where it is scored. */
  private static TokenBatch scoring(TokenBatch batch, IntPredicate scored) {
    int[] ids = batch.ids();
    int[] labels = new int[ids.length];
    int[] starts = batch.starts();
    for (int n = 0; n < labels.length; n++) {
      labels[n] = scored.test(n) ? ids[(n + 1) % ids.length] : TokenBatch.IGNORED;
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
