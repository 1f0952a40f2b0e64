package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link NormOps} promises. */
public interface NormContract {
  /** (tokens, width) pairs. */
  private static int[][] sizes() {
    return new int[][] {{1, 64}, {3, 384}, {17, 33}, {33, 2048}, {450, 100}};
  }

  EnginePair pair(DType computeType);

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void layerNormMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (int[] size : sizes()) {
        Twin x = pair.spread(2, type, size[0], size[1]);
        Twin gamma = pair.normal(DType.FLOAT32, size[1]);
        Twin beta = pair.normal(DType.FLOAT32, size[1]);
        Twin y = pair.poisoned(type, size[0], size[1]);
        Twin stats = pair.poisoned(DType.FLOAT32, size[0], 2);
        pair.both(
            s ->
                s.engine()
                    .norm()
                    .layerNormForward(
                        s.of(x), s.of(gamma), s.of(beta), 1e-5f, s.of(y), s.of(stats)));
        pair.assertClose("y", y);
        pair.assertClose("stats", stats);
        Twin dy = pair.normal(type, size[0], size[1]);
        for (Write write : Write.values()) {
          Twin dx = pair.output(write, type, size[0], size[1]);
          pair.both(
              s ->
                  s.engine()
                      .norm()
                      .layerNormBackward(
                          s.of(dy), s.of(x), s.of(gamma), s.of(stats), write, s.of(dx)));
          pair.assertClose("dx " + write, dx);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void rmsNormMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (int[] size : sizes()) {
        Twin x = pair.spread(2, type, size[0], size[1]);
        Twin gamma = pair.normal(DType.FLOAT32, size[1]);
        Twin y = pair.poisoned(type, size[0], size[1]);
        Twin rstd = pair.poisoned(DType.FLOAT32, size[0]);
        pair.both(
            s ->
                s.engine().norm().rmsNormForward(s.of(x), s.of(gamma), 1e-5f, s.of(y), s.of(rstd)));
        pair.assertClose("y", y);
        pair.assertClose("rstd", rstd);
        Twin dy = pair.normal(type, size[0], size[1]);
        for (Write write : Write.values()) {
          Twin dx = pair.output(write, type, size[0], size[1]);
          pair.both(
              s ->
                  s.engine()
                      .norm()
                      .rmsNormBackward(
                          s.of(dy), s.of(x), s.of(gamma), s.of(rstd), write, s.of(dx)));
          pair.assertClose("dx " + write, dx);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void rmsNormReadsAndWritesStridedRows(DType type) {
    try (EnginePair pair = pair(type)) {
      Twin x = pair.normal(type, 17, 100);
      Twin gamma = pair.normal(DType.FLOAT32, 48);
      Twin y = pair.normal(type, 17, 90);
      Twin rstd = pair.poisoned(DType.FLOAT32, 17);
      pair.both(
          s ->
              s.engine()
                  .norm()
                  .rmsNormForward(
                      s.of(x.columns(5, 48)),
                      s.of(gamma),
                      1e-6f,
                      s.of(y.columns(31, 48)),
                      s.of(rstd)));
      pair.assertClose("y and the columns beside it", y);
      pair.assertClose("rstd", rstd);
    }
  }
}
