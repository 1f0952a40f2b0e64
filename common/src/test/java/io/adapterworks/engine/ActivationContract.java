package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link ActivationOps} promises. */
public interface ActivationContract {
  /** (tokens, width) pairs. */
  private static int[][] sizes() {
    return new int[][] {{1, 1}, {3, 5}, {17, 64}, {33, 172}, {450, 96}};
  }

  EnginePair pair(DType computeType);

  /** A function from one tensor and, for backward, its gradient. */
  interface ElementWise {
    void apply(ActivationOps ops, Tensor first, Tensor second, Tensor out);
  }

  private static void check(EnginePair pair, String name, ElementWise function) {
    for (int[] size : sizes()) {
      Twin first = pair.normal(pair.computeType(), size[0], size[1]);
      Twin second = pair.spread(3, pair.computeType(), size[0], size[1]);
      Twin out = pair.poisoned(pair.computeType(), size[0], size[1]);
      pair.both(s -> function.apply(s.engine().activation(), s.of(first), s.of(second), s.of(out)));
      pair.assertClose(name, out);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void geluMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      check(pair, "gelu", (ops, dy, x, out) -> ops.geluForward(x, out));
      check(pair, "gelu backward", ActivationOps::geluBackward);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void tanhMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      check(pair, "tanh", (ops, dy, x, out) -> ops.tanhForward(x, out));
      check(pair, "tanh backward", ActivationOps::tanhBackward);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void swiGluMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (int[] size : sizes()) {
        Twin gateUp = pair.spread(2, type, size[0], 2L * size[1]);
        Twin y = pair.poisoned(type, size[0], size[1]);
        pair.both(s -> s.engine().activation().swiGluForward(s.of(gateUp), s.of(y)));
        pair.assertClose("y", y);
        Twin dy = pair.normal(type, size[0], size[1]);
        Twin dGateUp = pair.poisoned(type, size[0], 2L * size[1]);
        pair.both(
            s -> s.engine().activation().swiGluBackward(s.of(dy), s.of(gateUp), s.of(dGateUp)));
        pair.assertClose("dGateUp", dGateUp);
        pair.both(
            s -> s.engine().activation().swiGluBackward(s.of(dy), s.of(gateUp), s.of(gateUp)));
        pair.assertClose("dGateUp in place", gateUp);
        checkStrided(pair, pair.spread(2, type, size[0], 2L * size[1]), dy);
      }
    }
  }

  private static void checkStrided(EnginePair pair, Twin gateUp, Twin dy) {
    Twin strided = pair.withSpare(gateUp, pair.spareColumns(8));
    Twin y = pair.withSpare(dy, pair.spareColumns(8));
    pair.both(s -> s.engine().activation().swiGluForward(s.of(strided), s.of(y)));
    pair.assertClose("y with spare columns", pair.dense(y));
    pair.both(s -> s.engine().activation().swiGluBackward(s.of(dy), s.of(strided), s.of(strided)));
    pair.assertClose("dGateUp with spare columns", pair.dense(strided));
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void dropoutDropsExactlyTheSpecifiedElements(DType type) {
    try (EnginePair pair = pair(type)) {
      for (long seed : new long[] {0, 7, 0x123456789ABCDEFL, -3}) {
        Twin key = pair.seed(seed, Math.abs(seed % 1000));
        for (int[] size : sizes()) {
          float[] ones = new float[size[0] * size[1]];
          Arrays.fill(ones, 1);
          Twin x = pair.of(type, ones, size[0], size[1]);
          Twin y = pair.poisoned(type, size[0], size[1]);
          pair.both(
              s ->
                  s.engine()
                      .activation()
                      .dropout(s.of(x), new Dropout(0.25f, s.of(key), 3), s.of(y)));
          pair.assertClose("dropout", y);
          Twin none = pair.poisoned(type, size[0], size[1]);
          pair.both(
              s ->
                  s.engine()
                      .activation()
                      .dropout(s.of(x), new Dropout(0, s.of(key), 3), s.of(none)));
          pair.assertClose("no dropout", none, 0);
        }
      }
    }
  }
}
