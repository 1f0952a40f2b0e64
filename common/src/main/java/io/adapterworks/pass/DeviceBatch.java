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
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A batch on the device.
 *
 * @param ids INT32 (N)
 * @param positions INT32 (N)
 * @param segments where each sequence lies
 * @param labels INT32: (S) or (N), or one unused element for a batch without labels
 * @param scored where leaving out those that are not is worth it
 */
record DeviceBatch(
    Tensor ids, Tensor positions, Segments segments, Tensor labels, Optional<ScoredTokens> scored) {
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
    int[] labels = batch.labels();
    return upload(
        engine,
        scope,
        List.of(
            batch.ids(),
            batch.positions(),
            batch.starts(),
            Arrays.copyOf(labels, Math.max(1, labels.length)),
            ScoredTokens.numbers(batch)));
  }

  /** One token of each of several sequences, each at its own position. */
  static DeviceBatch tokens(Engine engine, TensorScope scope, int[] ids, int[] positions) {
    int[] starts = IntStream.rangeClosed(0, ids.length).toArray();
    return upload(engine, scope, List.of(ids, positions, starts, new int[1], new int[0]));
  }

  /**
   * All of it in one copy: a small one costs what a large one does.
   *
   * @param numbers ids, positions, starts, labels, of which there is at least one, and those of
   *     {@link ScoredTokens}
   */
  private static DeviceBatch upload(Engine engine, TensorScope scope, List<int[]> numbers) {
    int tokens = numbers.get(0).length;
    int[] starts = numbers.get(2);
    int labels = numbers.get(3).length;
    int scored = numbers.get(4).length;
    IntBuffer all = IntBuffer.allocate(numbers.stream().mapToInt(part -> part.length).sum());
    numbers.forEach(all::put);
    Tensor device = scope.allocate(DType.INT32, all.capacity());
    engine.transfer().upload(all.array(), device);
    long startsAt = 2L * tokens;
    long labelsAt = startsAt + starts.length;
    return new DeviceBatch(
        device.view(0, Shape.of(tokens)),
        device.view(tokens, Shape.of(tokens)),
        new Segments(starts, device.view(startsAt, Shape.of(starts.length))),
        device.view(labelsAt, Shape.of(labels)),
        scored == 0
            ? Optional.empty()
            : Optional.of(
                ScoredTokens.on(device.view(labelsAt + labels, Shape.of(scored)), tokens)));
  }

  int tokens() {
    return segments.tokens();
  }

  int sequences() {
    return segments.count();
  }
}
