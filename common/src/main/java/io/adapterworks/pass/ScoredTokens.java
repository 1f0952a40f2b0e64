package io.adapterworks.pass;

import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tokenize.LabelScope;
import io.adapterworks.tokenize.TokenBatch;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The tokens of a batch that are scored, on the device: those of answers, where prompts are not.
 * They are filled up with tokens that are not, at least one, so that products come in few sizes: a
 * card's are tried out for each.
 *
 * @param rows INT32 (M): which of the batch's N rows
 * @param places INT32 (N): where each of the batch's rows stands among them; one that is not scored
 *     where some other that is not does
 * @param labels INT32 (M)
 */
record ScoredTokens(Tensor rows, Tensor places, Tensor labels) {
  /** Where so large a share of the tokens is taken, picking them costs more than it saves. */
  private static final double NEARLY_ALL = 0.8;

  /** M is a multiple of a power of two of at least N / 24, between these. */
  private static final int SMALLEST_UNIT = 16;

  private static final int LARGEST_UNIT = 128;
  private static final int UNITS = 12;

  /** The three one after the other; empty where they are of no use. */
  static int[] numbers(TokenBatch batch) {
    int taken = taken(batch.tokens(), batch.scored());
    if (batch.scope() != LabelScope.TOKEN || taken > NEARLY_ALL * batch.tokens()) {
      return new int[0];
    }
    int[] labels = batch.labels();
    IntStream scored = IntStream.range(0, labels.length).filter(n -> isScored(labels[n]));
    IntStream others = IntStream.range(0, labels.length).filter(n -> !isScored(labels[n]));
    int[] rows = IntStream.concat(scored, others).limit(taken).toArray();
    int[] places = new int[labels.length];
    Arrays.fill(places, batch.scored());
    for (int m = 0; m < batch.scored(); m++) {
      places[rows[m]] = m;
    }
    int[] picked = Arrays.stream(rows).map(n -> labels[n]).toArray();
    return Stream.of(rows, places, picked).flatMapToInt(Arrays::stream).toArray();
  }

  private static boolean isScored(int label) {
    return label != TokenBatch.IGNORED;
  }

  /** M. */
  private static int taken(int tokens, int scored) {
    int unit =
        Math.min(LARGEST_UNIT, Math.max(SMALLEST_UNIT, Integer.highestOneBit(tokens / UNITS)));
    return (scored / unit + 1) * unit;
  }

  /** What {@link #numbers} gave for {@code tokens} tokens, which lie on the device. */
  static ScoredTokens on(Tensor device, int tokens) {
    long taken = (device.shape().elements() - tokens) / 2;
    return new ScoredTokens(
        device.view(0, Shape.of(taken)),
        device.view(taken, Shape.of(tokens)),
        device.view(taken + tokens, Shape.of(taken)));
  }

  long count() {
    return rows.shape().elements();
  }
}
