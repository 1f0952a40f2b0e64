package io.adapterworks.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Float16;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link LinearOps} promises of frozen layers with LoRA. */
public interface LinearContract {
  /** Tokens, input width, and the widths of the stacked layers. */
  record Case(int tokens, int in, List<Integer> outs) {
    int out() {
      return outs.stream().mapToInt(Integer::intValue).sum();
    }

    /** A slice of rank smallest · (i + 1) on each stacked layer but the second, which has none. */
    int[][] ranges(int smallest) {
      List<int[]> ranges = new ArrayList<>();
      int offset = 0;
      for (int i = 0; i < outs.size(); i++) {
        if (i != 1) {
          ranges.add(new int[] {offset, outs.get(i), smallest * (i + 1)});
        }
        offset += outs.get(i);
      }
      return ranges.toArray(int[][]::new);
    }
  }

  /** Of all pairs on one layer in these tests. */
  int MOST_RANK = 64;

  List<Case> LINEAR_CASES =
      List.of(
          new Case(1, 64, List.of(64)),
          new Case(3, 33, List.of(17)),
          new Case(17, 64, List.of(64, 32, 32)),
          new Case(33, 172, List.of(64, 40)),
          new Case(450, 96, List.of(96, 96, 96)));

  EnginePair pair(DType computeType);

  /** Random weights, of the engine's precision already. */
  private static FrozenSource source(
      EnginePair pair, Case size, FrozenSource.WeightStorage storage) {
    List<HostTensor> weights = new ArrayList<>();
    List<HostTensor> biases = new ArrayList<>();
    for (int out : size.outs()) {
      float[] weight = pair.normals((long) out * size.in(), 1 / Math.sqrt(size.in()));
      float[] bias = pair.normals(out, 1);
      for (int i = 0; i < out; i++) {
        bias[i] = Float16.fromBfloat16(Float16.toBfloat16(bias[i]));
      }
      weights.add(HostTensor.of("weight", Shape.of(out, size.in()), weight));
      biases.add(HostTensor.of("bias", Shape.of(out), bias));
    }
    return new FrozenSource(weights, biases, storage, MOST_RANK);
  }

  /** Random weights, of stacked layers of so many outputs, for pairs of a rank; no biases. */
  static FrozenSource weights(EnginePair pair, int[] outs, int in, int totalRank) {
    List<HostTensor> weights =
        Arrays.stream(outs)
            .mapToObj(
                out ->
                    HostTensor.of(
                        "weight",
                        Shape.of(out, in),
                        pair.normals((long) out * in, 1 / Math.sqrt(in))))
            .toList();
    return new FrozenSource(weights, List.of(), FrozenSource.WeightStorage.COMPUTE_TYPE, totalRank);
  }

  private static FrozenSource withoutBias(FrozenSource source) {
    return new FrozenSource(source.weights(), List.of(), source.storage(), source.adapterRank());
  }

  /** A layer frozen on both engines. */
  record LayerTwins(FrozenLinear tested, FrozenLinear reference) {
    static LayerTwins freeze(EnginePair pair, FrozenSource source) {
      List<FrozenLinear> layers = new ArrayList<>();
      pair.both(side -> layers.add(side.engine().linear().freeze(source)));
      return new LayerTwins(layers.get(0), layers.get(1));
    }

    FrozenLinear on(EnginePair.Side side) {
      return side.engine() instanceof ReferenceEngine ? reference : tested;
    }
  }

  /** None, and as many as the engine asks for. */
  private static int[] spares(EnginePair pair, LoraTwins lora) {
    return IntStream.of(0, pair.spareColumns(lora.totalRank())).distinct().toArray();
  }

  private static void checkForward(EnginePair pair, Case size, LayerTwins layer, LoraTwins lora) {
    for (int spare : spares(pair, lora)) {
      Twin x = pair.normal(pair.computeType(), size.tokens(), size.in());
      checkForward(pair, pair.withSpare(x, spare), size, layer, lora);
    }
  }

  private static void checkForward(
      EnginePair pair, Twin x, Case size, LayerTwins layer, LoraTwins lora) {
    DType type = pair.computeType();
    Twin h = pair.poisoned(type, size.tokens(), Math.max(1, lora.totalRank()));
    Twin y = pair.poisoned(type, size.tokens(), size.out());
    pair.both(s -> s.engine().linear().forward(layer.on(s), lora.on(s), s.of(x), s.of(h), s.of(y)));
    pair.assertClose("y", y);
    if (lora.totalRank() > 0) {
      pair.assertClose("h", h);
    }
    Twin residual = pair.normal(type, size.tokens(), size.out());
    Twin sum = pair.poisoned(type, size.tokens(), size.out());
    pair.both(
        s ->
            s.engine()
                .linear()
                .forwardWithResidual(
                    layer.on(s), lora.on(s), s.of(x), s.of(h), s.of(residual), s.of(sum)));
    pair.assertClose("residual + y", sum);
    pair.both(
        s ->
            s.engine()
                .linear()
                .forwardWithResidual(
                    layer.on(s), lora.on(s), s.of(x), s.of(h), s.of(residual), s.of(residual)));
    pair.assertClose("residual += y", residual);
  }

  private static void checkBackward(EnginePair pair, Case size, LayerTwins layer, LoraTwins lora) {
    DType type = pair.computeType();
    for (int spare : spares(pair, lora)) {
      Twin x = pair.withSpare(pair.normal(type, size.tokens(), size.in()), spare);
      Twin dy = pair.withSpare(pair.normal(type, size.tokens(), size.out()), spare);
      checkBackward(pair, new Operands(x, dy), size, layer, lora);
    }
  }

  /** What backward reads. */
  record Operands(Twin x, Twin dy) {}

  private static void checkBackward(
      EnginePair pair, Operands operands, Case size, LayerTwins layer, LoraTwins lora) {
    DType type = pair.computeType();
    Twin x = operands.x();
    Twin dy = operands.dy();
    Twin h = pair.normal(type, size.tokens(), Math.max(1, lora.totalRank()));
    for (Write write : Write.values()) {
      Twin dx = pair.output(write, type, size.tokens(), size.in());
      pair.both(
          s ->
              s.engine()
                  .linear()
                  .backward(layer.on(s), lora.on(s), s.of(dy), s.of(x), s.of(h), write, s.of(dx)));
      pair.assertClose("dx " + write, dx);
      lora.assertGradientsClose(pair, "backward");
    }
    pair.both(s -> s.engine().linear().backwardWeights(lora.on(s), s.of(dy), s.of(x), s.of(h)));
    lora.assertGradientsClose(pair, "backwardWeights");
  }

  /** Backward of an input that was normalised, which need not be there. */
  private static void checkBackwardNormed(
      EnginePair pair, Case size, LayerTwins layer, LoraTwins lora) {
    DType type = pair.computeType();
    for (int spare : spares(pair, lora)) {
      Twin raw = pair.spread(2, type, size.tokens(), size.in());
      Twin gamma = pair.normal(DType.FLOAT32, size.in());
      Twin rstd = pair.poisoned(DType.FLOAT32, size.tokens());
      Twin normed = pair.poisoned(type, size.tokens(), size.in());
      pair.both(s -> input(s, raw, gamma, rstd, normed).again());
      Twin room = pair.poisoned(type, size.tokens(), size.in());
      Twin dy = pair.withSpare(pair.normal(type, size.tokens(), size.out()), spare);
      Twin h = pair.normal(type, size.tokens(), Math.max(1, lora.totalRank()));
      Twin dx = pair.poisoned(type, size.tokens(), size.in());
      pair.both(
          s ->
              s.engine()
                  .linear()
                  .backwardNormed(
                      layer.on(s),
                      lora.on(s),
                      s.of(dy),
                      input(s, raw, gamma, rstd, room),
                      s.of(h),
                      Write.SET,
                      s.of(dx)));
      pair.assertClose("dx of normalised", dx);
      lora.assertGradientsClose(pair, "backwardNormed");
      pair.both(
          s ->
              s.engine()
                  .linear()
                  .backwardWeightsNormed(
                      lora.on(s), s.of(dy), input(s, raw, gamma, rstd, room), s.of(h)));
      lora.assertGradientsClose(pair, "backwardWeightsNormed");
    }
  }

  private static RmsNormed input(
      EnginePair.Side side, Twin raw, Twin gamma, Twin rstd, Twin normed) {
    return new RmsNormed(
        side.engine().norm(), side.of(raw), side.of(gamma), 1e-5f, side.of(rstd), side.of(normed));
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void frozenLayersWithoutAdapterMatchTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      LoraTwins none = new LoraTwins(List.of(), Optional.empty());
      for (Case size : LINEAR_CASES) {
        FrozenSource biased = source(pair, size, FrozenSource.WeightStorage.COMPUTE_TYPE);
        for (FrozenSource source : List.of(biased, withoutBias(biased))) {
          LayerTwins layer = LayerTwins.freeze(pair, source);
          assertEquals(size.in(), layer.tested().in());
          assertEquals(size.out(), layer.tested().out());
          checkForward(pair, size, layer, none);
          checkBackward(pair, size, layer, none);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void adaptersOfDifferentRanksMatchTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (Case size : LINEAR_CASES) {
        LayerTwins layer =
            LayerTwins.freeze(pair, source(pair, size, FrozenSource.WeightStorage.COMPUTE_TYPE));
        for (int smallest : new int[] {3, 8, 16}) {
          LoraTwins lora =
              LoraTwins.random(pair, size.in(), size.ranges(smallest), Optional.empty());
          checkForward(pair, size, layer, lora);
          checkBackward(pair, size, layer, lora);
          checkBackwardNormed(pair, size, layer, lora);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void dropoutOnTheWayIntoTheAdapterMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (Case size : LINEAR_CASES) {
        LayerTwins layer =
            LayerTwins.freeze(
                pair, withoutBias(source(pair, size, FrozenSource.WeightStorage.COMPUTE_TYPE)));
        for (int smallest : new int[] {3, 8}) {
          Optional<Twin> seed = Optional.of(pair.seed(987654321L, 5));
          LoraTwins lora = LoraTwins.random(pair, size.in(), size.ranges(smallest), seed);
          checkForward(pair, size, layer, lora);
          checkBackward(pair, size, layer, lora);
          checkBackwardNormed(pair, size, layer, lora);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void eightBitWeightsMatchTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (Case size : LINEAR_CASES) {
        LayerTwins layer =
            LayerTwins.freeze(pair, source(pair, size, FrozenSource.WeightStorage.INT8));
        LoraTwins lora = LoraTwins.random(pair, size.in(), size.ranges(3), Optional.empty());
        checkForward(pair, size, layer, lora);
        checkBackward(pair, size, layer, lora);
      }
    }
  }
}
