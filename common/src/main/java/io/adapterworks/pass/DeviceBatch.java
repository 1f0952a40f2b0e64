package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.Segments;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import io.adapterworks.tokenize.TokenBatch;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A batch on the device.
 *
 * @param ids INT32 (N)
 * @param positions INT32 (N)
 * @param segments where each sequence lies
 * @param labels INT32: (S) or (N), or one unused element for a batch without labels
 */
record DeviceBatch(Tensor ids, Tensor positions, Segments segments, Tensor labels) {
  static DeviceBatch upload(
      Engine engine, TensorScope scope, TokenBatch batch, int vocabulary, int maxPositions) {
    OptionalInt wrong = batch.idOutside(vocabulary);
    Check.that(
        wrong.isEmpty(),
        ErrorCode.INPUT,
        "token id %d; expected 0 to %d: the text was tokenised for another model",
        wrong.orElse(0),
        vocabulary - 1);
    Check.that(
        batch.maxLength() <= maxPositions,
        ErrorCode.INPUT,
        "a sequence of %d tokens; this model takes at most %d: truncate when tokenising",
        batch.maxLength(),
        maxPositions);
    return upload(engine, scope, batch.ids(), batch.positions(), batch.starts(), batch.labels());
  }

  /** One token of each of several sequences, each at its own position. */
  static DeviceBatch tokens(Engine engine, TensorScope scope, int[] ids, int[] positions) {
    int[] starts = IntStream.rangeClosed(0, ids.length).toArray();
    return upload(engine, scope, ids, positions, starts, new int[0]);
  }

  /** All of it in one copy: a small one costs what a large one does. */
  private static DeviceBatch upload(
      Engine engine, TensorScope scope, int[] ids, int[] positions, int[] starts, int[] labels) {
    int tokens = ids.length;
    int beforeLabels = 2 * tokens + starts.length;
    int[] all = new int[beforeLabels + Math.max(1, labels.length)];
    System.arraycopy(ids, 0, all, 0, tokens);
    System.arraycopy(positions, 0, all, tokens, tokens);
    System.arraycopy(starts, 0, all, 2 * tokens, starts.length);
    System.arraycopy(labels, 0, all, beforeLabels, labels.length);
    Tensor device = scope.allocate(DType.INT32, all.length);
    engine.transfer().upload(all, device);
    return new DeviceBatch(
        device.view(0, Shape.of(tokens)),
        device.view(tokens, Shape.of(tokens)),
        new Segments(starts, device.view(2L * tokens, Shape.of(starts.length))),
        device.view(beforeLabels, Shape.of(all.length - beforeLabels)));
  }

  int tokens() {
    return segments.tokens();
  }

  int sequences() {
    return segments.count();
  }
}
