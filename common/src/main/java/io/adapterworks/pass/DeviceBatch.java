package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.Segments;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import io.adapterworks.tokenize.TokenBatch;
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
    int[] ids = batch.ids();
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw Check.failure(
            ErrorCode.INPUT,
            "token id %d; expected 0 to %d: the text was tokenised for another model",
            id,
            vocabulary - 1);
      }
    }
    Check.that(
        batch.maxLength() <= maxPositions,
        ErrorCode.INPUT,
        "a sequence of %d tokens; this model takes at most %d: truncate when tokenising",
        batch.maxLength(),
        maxPositions);
    int[] starts = batch.starts();
    Tensor deviceStarts = integers(engine, scope, starts);
    int[] labels = batch.labels();
    return new DeviceBatch(
        integers(engine, scope, ids),
        integers(engine, scope, batch.positions()),
        new Segments(starts, deviceStarts),
        integers(engine, scope, labels.length == 0 ? new int[1] : labels));
  }

  /** One token of each of several sequences, each at its own position. */
  static DeviceBatch tokens(Engine engine, TensorScope scope, int[] ids, int[] positions) {
    int[] starts = IntStream.rangeClosed(0, ids.length).toArray();
    return new DeviceBatch(
        integers(engine, scope, ids),
        integers(engine, scope, positions),
        new Segments(starts, integers(engine, scope, starts)),
        integers(engine, scope, new int[1]));
  }

  private static Tensor integers(Engine engine, TensorScope scope, int[] values) {
    Tensor tensor = scope.allocate(DType.INT32, values.length);
    engine.transfer().upload(values, tensor);
    return tensor;
  }

  int tokens() {
    return segments.tokens();
  }

  int sequences() {
    return segments.count();
  }
}
