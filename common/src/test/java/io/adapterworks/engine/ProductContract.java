package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link LinearOps} promises of the small products of trained heads. */
public interface ProductContract {
  /** Rows of c, columns of c, summed dimension. */
  private static int[][] sizes() {
    return new int[][] {{1, 1, 1}, {3, 17, 33}, {64, 77, 384}, {450, 5, 65}};
  }

  EnginePair pair(DType computeType);

  private static Twin operand(EnginePair pair, DType type, Transpose op, int rows, int columns) {
    boolean flipped = op == Transpose.YES;
    int stored = flipped ? columns : rows;
    int width = flipped ? rows : columns;
    return pair.normal(type, stored, width + 3L).columns(2, width);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void productsOfEveryMixMatchTheReference(DType type) {
    DType[] types = {DType.FLOAT32, type};
    try (EnginePair pair = pair(type)) {
      for (int[] size : sizes()) {
        for (int mix = 0; mix < 64; mix++) {
          Transpose opA = (mix & 1) == 0 ? Transpose.NO : Transpose.YES;
          Transpose opB = (mix & 2) == 0 ? Transpose.NO : Transpose.YES;
          Write write = (mix & 4) == 0 ? Write.SET : Write.ADD;
          Twin a = operand(pair, types[mix >> 3 & 1], opA, size[0], size[2]);
          Twin b = operand(pair, types[mix >> 4 & 1], opB, size[2], size[1]);
          Twin whole = pair.normal(types[mix >> 5 & 1], size[0], size[1] + 4L);
          Twin c = whole.columns(1, size[1]);
          pair.both(s -> s.engine().linear().product(s.of(a), opA, s.of(b), opB, write, s.of(c)));
          pair.assertClose("product " + opA + " " + opB + " " + write, whole);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void aProductSetsWhatWasPoisoned(DType type) {
    try (EnginePair pair = pair(type)) {
      Twin a = pair.normal(DType.FLOAT32, 17, 33);
      Twin b = pair.normal(DType.FLOAT32, 9, 33);
      Twin c = pair.poisoned(DType.FLOAT32, 17, 9);
      pair.both(
          s ->
              s.engine()
                  .linear()
                  .product(s.of(a), Transpose.NO, s.of(b), Transpose.YES, Write.SET, s.of(c)));
      pair.assertClose("c", c);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void biasesAreAddedAndSummed(DType type) {
    try (EnginePair pair = pair(type)) {
      for (DType values : new DType[] {DType.FLOAT32, type}) {
        for (int[] size : new int[][] {{1, 1}, {3, 77}, {33, 17}, {450, 384}}) {
          Twin y = pair.normal(values, size[0], size[1]);
          Twin bias = pair.normal(values, size[1]);
          pair.both(s -> s.engine().linear().addBias(s.of(bias), s.of(y)));
          pair.assertClose("y", y);
          for (Write write : Write.values()) {
            Twin x = pair.normal(values, size[0], size[1]);
            Twin sums = pair.output(write, DType.FLOAT32, size[1]);
            pair.both(s -> s.engine().linear().sumRows(s.of(x), write, s.of(sums)));
            pair.assertClose("sums " + write, sums);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void columnsAreScaledAndTheirProductsSummed(DType type) {
    try (EnginePair pair = pair(type)) {
      for (DType values : new DType[] {DType.FLOAT32, type}) {
        for (int[] size : new int[][] {{1, 1}, {3, 77}, {33, 17}, {450, 384}}) {
          Twin scales = pair.normal(DType.FLOAT32, size[1]);
          Twin x = pair.normal(values, size[0], size[1]);
          Twin other = pair.normal(values, size[0], size[1]);
          for (Write write : Write.values()) {
            Twin y = pair.output(write, values, size[0], size[1]);
            pair.both(s -> s.engine().linear().scaleColumns(s.of(x), s.of(scales), write, s.of(y)));
            pair.assertClose("y " + write, y);
            Twin sums = pair.output(write, DType.FLOAT32, size[1]);
            pair.both(
                s -> s.engine().linear().sumRowProducts(s.of(x), s.of(other), write, s.of(sums)));
            pair.assertClose("sums " + write, sums);
          }
        }
      }
    }
  }
}
