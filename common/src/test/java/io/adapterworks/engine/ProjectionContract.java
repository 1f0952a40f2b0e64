package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link ProjectionOps} promises. */
public interface ProjectionContract {
  /** How many positions tokens are rotated by. */
  int POSITIONS = 40;

  /** Attention and its sequences, C, and the pairs' rank on each projection; 0 for none. */
  record Projected(AttentionContract.Case attention, int hidden, int rank) {
    static Projected of(
        int heads, int kvHeads, int headDim, int hidden, int rank, List<Integer> lengths) {
      return new Projected(
          new AttentionContract.Case(heads, kvHeads, headDim, lengths), hidden, rank);
    }

    AttentionShape shape() {
      return attention.shape(AttentionShape.Mask.CAUSAL);
    }

    /** Of queries, keys and values. */
    int[][] inputRanges() {
      int queries = shape().queryWidth();
      int keys = shape().kvWidth();
      return rank == 0
          ? new int[0][]
          : new int[][] {{0, queries, rank}, {queries, keys, rank}, {queries + keys, keys, rank}};
    }

    int[][] outputRanges() {
      return rank == 0 ? new int[0][] : new int[][] {{0, hidden, rank}};
    }
  }

  /** The last has more tiles, and more rows of them, than a large card computes at a time. */
  List<Projected> PROJECTION_CASES =
      List.of(
          Projected.of(2, 1, 8, 24, 0, List.of(3, 5)),
          Projected.of(4, 2, 32, 64, 8, List.of(130, 150)),
          Projected.of(3, 1, 64, 136, 0, List.of(200, 100)),
          Projected.of(8, 4, 64, 192, 8, List.of(301)),
          Projected.of(3, 1, 128, 72, 0, List.of(256, 44)),
          Projected.of(2, 1, 128, 64, 8, List.of(300)),
          Projected.of(4, 2, 128, 128, 8, List.of(257, 64, 1)),
          Projected.of(32, 1, 64, 64, 0, Collections.nCopies(34, 65)));

  EnginePair pair(DType computeType);

  private static Function<EnginePair.Side, AttentionOps.Rotary> rotation(
      EnginePair pair, Projected size) {
    Twin table = AttentionContract.table(pair, POSITIONS, size.shape().headDim());
    Twin positions = pair.integersBelow(POSITIONS, size.attention().tokens());
    return side -> new AttentionOps.Rotary(side.of(table), side.of(positions));
  }

  private static void check(EnginePair pair, Projected size, Optional<Twin> seed) {
    checkForward(pair, size, seed, UnaryOperator.identity());
    checkBackward(pair, size, seed, UnaryOperator.identity());
  }

  /** A frozen layer of random weights, and what is made of it. */
  private static LinearContract.LayerTwins layer(
      EnginePair pair, int out, int in, int rank, UnaryOperator<FrozenSource> made) {
    FrozenSource source = LinearContract.weights(pair, new int[] {out}, in, rank);
    return LinearContract.LayerTwins.freeze(pair, made.apply(source));
  }

  private static void checkForward(
      EnginePair pair, Projected size, Optional<Twin> seed, UnaryOperator<FrozenSource> made) {
    DType type = pair.computeType();
    int tokens = size.attention().tokens();
    int width = size.attention().width();
    var rotation = rotation(pair, size);
    LoraTwins lora = LoraTwins.random(pair, size.hidden(), size.inputRanges(), seed);
    var layer = layer(pair, width, size.hidden(), lora.totalRank(), made);
    Twin x = pair.spared(pair.normal(type, tokens, size.hidden()), lora.totalRank());
    Twin h = pair.poisoned(type, tokens, Math.max(1, lora.totalRank()));
    Twin queryKeyValue = pair.poisoned(type, tokens, width);
    pair.both(
        s ->
            s.engine()
                .projection()
                .forward(
                    layer.on(s),
                    lora.on(s),
                    size.shape(),
                    new ProjectionOps.Forward(
                        s.of(x), s.of(h), s.of(queryKeyValue), rotation.apply(s))));
    pair.assertClose(size + " queries, keys and values", queryKeyValue);
    if (lora.totalRank() > 0) {
      pair.assertClose(size + " h", h);
    }
  }

  private static void checkBackward(
      EnginePair pair, Projected size, Optional<Twin> seed, UnaryOperator<FrozenSource> made) {
    DType type = pair.computeType();
    AttentionShape shape = size.shape();
    int tokens = size.attention().tokens();
    int width = size.attention().width();
    int keys = shape.queryWidth();
    var rotation = rotation(pair, size);
    Twin starts =
        pair.starts(size.attention().lengths().stream().mapToInt(Integer::intValue).toArray());
    LoraTwins lora = LoraTwins.random(pair, keys, size.outputRanges(), seed);
    var layer = layer(pair, size.hidden(), keys, lora.totalRank(), made);
    Twin dy = pair.spared(pair.normal(type, tokens, size.hidden()), lora.totalRank());
    Twin h = pair.normal(type, tokens, Math.max(1, lora.totalRank()));
    Twin qkv = pair.normal(type, tokens, width);
    Twin out = pair.spared(pair.poisoned(type, tokens, keys), lora.totalRank());
    Twin logSumExp = pair.poisoned(DType.FLOAT32, shape.heads(), tokens);
    Twin dOut = pair.poisoned(type, tokens, keys);
    // Enough for all heads, for some, or for none.
    Twin room = pair.poisoned(type, tokens * (long) tokens + 100_000);
    Twin dQkv = pair.poisoned(type, tokens, width);
    AttentionContract.Tensors tensors =
        new AttentionContract.Tensors(shape, qkv, out, logSumExp, dOut, dQkv, room);
    pair.both(
        s -> {
          s.engine().attention().forward(shape, s.segments(starts), tensors.operands(s));
          s.engine()
              .projection()
              .backward(
                  layer.on(s),
                  lora.on(s),
                  shape,
                  new ProjectionOps.Backward(
                      s.of(dy),
                      s.of(h),
                      s.segments(starts),
                      tensors.gradient(s),
                      rotation.apply(s)));
        });
    pair.assertClose(size + " dq, dk, dv", dQkv, 2 * pair.tolerance());
    lora.assertGradientsClose(pair, size + " projected");
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void productsAroundAttentionMatchTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (Projected size : PROJECTION_CASES) {
        check(pair, size, Optional.empty());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void productsAroundAttentionWithDropoutMatchTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      Optional<Twin> seed = Optional.of(pair.seed(12345, 7));
      for (int rank : new int[] {0, 8}) {
        check(pair, Projected.of(4, 2, 64, 128, rank, List.of(200, 100)), seed);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void productsAroundAttentionOfEightBitWeightsMatchTheReference(DType type) {
    UnaryOperator<FrozenSource> eightBits =
        source ->
            new FrozenSource(
                source.weights(),
                source.biases(),
                FrozenSource.WeightStorage.INT8,
                source.adapterRank());
    try (EnginePair pair = pair(type)) {
      Projected size = Projected.of(4, 2, 64, 128, 8, List.of(200, 100));
      checkForward(pair, size, Optional.empty(), eightBits);
      checkBackward(pair, size, Optional.empty(), eightBits);
    }
  }

  /** As in Qwen 2. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void biasesAreAddedBeforeQueriesAndKeysAreRotated(DType type) {
    try (EnginePair pair = pair(type)) {
      Projected size = Projected.of(4, 2, 64, 128, 8, List.of(200, 100));
      int width = size.attention().width();
      Twin bias = pair.normal(type, width);
      HostTensor biases = HostTensor.of("bias", Shape.of(width), pair.tested(bias));
      checkForward(
          pair,
          size,
          Optional.empty(),
          source ->
              new FrozenSource(
                  source.weights(), List.of(biases), source.storage(), source.adapterRank()));
    }
  }
}
