package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
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

  List<Projected> PROJECTION_CASES =
      List.of(
          Projected.of(2, 1, 8, 24, 0, List.of(3, 5)),
          Projected.of(4, 2, 32, 64, 8, List.of(130, 150)),
          Projected.of(3, 1, 64, 136, 0, List.of(200, 100)),
          Projected.of(8, 4, 64, 192, 8, List.of(301)),
          Projected.of(3, 1, 128, 72, 0, List.of(256, 44)),
          Projected.of(4, 2, 128, 128, 8, List.of(257, 64, 1)));

  EnginePair pair(DType computeType);

  private static LinearContract.LayerTwins layer(EnginePair pair, int out, int in, int rank) {
    HostTensor weight =
        HostTensor.of(
            "weight", Shape.of(out, in), pair.normals((long) out * in, 1 / Math.sqrt(in)));
    return LinearContract.LayerTwins.freeze(
        pair,
        new FrozenSource(
            List.of(weight), List.of(), FrozenSource.WeightStorage.COMPUTE_TYPE, rank));
  }

  private static Twin spared(EnginePair pair, Twin twin, int totalRank) {
    return pair.withSpare(twin, pair.spareColumns(totalRank));
  }

  private static Function<EnginePair.Side, AttentionOps.Rotary> rotation(
      EnginePair pair, Projected size) {
    Twin table = AttentionContract.table(pair, POSITIONS, size.shape().headDim());
    Twin positions = pair.integersBelow(POSITIONS, size.attention().tokens());
    return side -> new AttentionOps.Rotary(side.of(table), side.of(positions));
  }

  private static void checkForward(EnginePair pair, Projected size, Optional<Twin> seed) {
    DType type = pair.computeType();
    int tokens = size.attention().tokens();
    int width = size.attention().width();
    var rotation = rotation(pair, size);
    LoraTwins lora = LoraTwins.random(pair, size.hidden(), size.inputRanges(), seed);
    var layer = layer(pair, width, size.hidden(), lora.totalRank());
    Twin x = spared(pair, pair.normal(type, tokens, size.hidden()), lora.totalRank());
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

  private static void checkBackward(EnginePair pair, Projected size, Optional<Twin> seed) {
    DType type = pair.computeType();
    AttentionShape shape = size.shape();
    int tokens = size.attention().tokens();
    int width = size.attention().width();
    int keys = shape.queryWidth();
    int values = shape.rotatedWidth();
    var rotation = rotation(pair, size);
    Twin starts =
        pair.starts(size.attention().lengths().stream().mapToInt(Integer::intValue).toArray());
    LoraTwins lora = LoraTwins.random(pair, keys, size.outputRanges(), seed);
    var layer = layer(pair, size.hidden(), keys, lora.totalRank());
    Twin dy = spared(pair, pair.normal(type, tokens, size.hidden()), lora.totalRank());
    Twin h = pair.normal(type, tokens, Math.max(1, lora.totalRank()));
    Twin qkv = pair.normal(type, tokens, width);
    Twin out = spared(pair, pair.poisoned(type, tokens, keys), lora.totalRank());
    Twin logSumExp = pair.poisoned(DType.FLOAT32, shape.heads(), tokens);
    Twin dOut = pair.poisoned(type, tokens, keys);
    Twin dQkv = pair.poisoned(type, tokens, width);
    pair.both(
        s -> {
          AttentionOperands forward =
              new AttentionOperands(
                  s.of(qkv.columns(0, keys)),
                  s.of(qkv.columns(keys, shape.kvWidth())),
                  s.of(qkv.columns(values, shape.kvWidth())),
                  s.of(out),
                  s.of(logSumExp));
          s.engine().attention().forward(shape, s.segments(starts), forward);
          AttentionGradient gradient =
              new AttentionGradient(
                  forward,
                  s.of(dOut),
                  s.of(dQkv.columns(0, keys)),
                  s.of(dQkv.columns(keys, shape.kvWidth())),
                  s.of(dQkv.columns(values, shape.kvWidth())),
                  Optional.empty());
          s.engine()
              .projection()
              .backward(
                  layer.on(s),
                  lora.on(s),
                  shape,
                  new ProjectionOps.Backward(
                      s.of(dy), s.of(h), s.segments(starts), gradient, rotation.apply(s)));
        });
    pair.assertClose(size + " dq, dk, dv", dQkv, 2 * pair.tolerance());
    lora.assertGradientsClose(pair, size + " projected");
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void productsAroundAttentionMatchTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (Projected size : PROJECTION_CASES) {
        checkForward(pair, size, Optional.empty());
        checkBackward(pair, size, Optional.empty());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void productsAroundAttentionWithDropoutMatchTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      Optional<Twin> seed = Optional.of(pair.seed(12345, 7));
      Projected size = Projected.of(4, 2, 64, 128, 8, List.of(200, 100));
      checkForward(pair, size, seed);
      checkBackward(pair, size, seed);
    }
  }
}
