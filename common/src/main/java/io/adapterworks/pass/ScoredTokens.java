package io.adapterworks.pass;

import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tokenize.LabelScope;
import io.adapterworks.tokenize.TokenBatch;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The M tokens of a batch that are scored, on the device: those of answers, where prompts are not.
 *
 * @param rows INT32 (M): their rows among the batch's N, in order
 * @param places INT32 (N): where each of the batch's rows stands among them, M for those that are
 *     not scored
 * @param labels INT32 (M)
 */
record ScoredTokens(Tensor rows, Tensor places, Tensor labels) {
  /** Where so large a share of the tokens is scored, picking them costs more than it saves. */
  private static final double NEARLY_ALL = 0.9;

  /** The three one after the other; empty where they are of no use. */
  static int[] numbers(TokenBatch batch) {
    int scored = batch.scored();
    if (batch.scope() != LabelScope.TOKEN || scored == 0 || scored > NEARLY_ALL * batch.tokens()) {
      return new int[0];
    }
    int[] labels = batch.labels();
    int[] rows =
        IntStream.range(0, labels.length).filter(n -> labels[n] != TokenBatch.IGNORED).toArray();
    int[] places = new int[labels.length];
    Arrays.fill(places, rows.length);
    for (int m = 0; m < rows.length; m++) {
      places[rows[m]] = m;
    }
    int[] picked = Arrays.stream(rows).map(n -> labels[n]).toArray();
    return Stream.of(rows, places, picked).flatMapToInt(Arrays::stream).toArray();
  }

  /** What {@link #numbers} gave for {@code tokens} tokens, which lie on the device. */
  static ScoredTokens on(Tensor device, int tokens) {
    long scored = (device.shape().elements() - tokens) / 2;
    return new ScoredTokens(
        device.view(0, Shape.of(scored)),
        device.view(scored, Shape.of(tokens)),
        device.view(scored + tokens, Shape.of(scored)));
  }

  long count() {
    return rows.shape().elements();
  }
}
