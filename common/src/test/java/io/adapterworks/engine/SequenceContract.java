package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link SequenceOps} promises. */
public interface SequenceContract {
  private static int[][] lengths() {
    return new int[][] {{1}, {3, 1, 13}, {450}, {1, 1, 31}};
  }

  EnginePair pair(DType computeType);

  private static int sum(int[] lengths) {
    int tokens = 0;
    for (int length : lengths) {
      tokens += length;
    }
    return tokens;
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void gatherReadsTheRowsOfItsIds(DType type) {
    try (EnginePair pair = pair(type)) {
      for (int width : new int[] {1, 33, 384}) {
        Twin table = pair.normal(type, 50, width);
        for (int tokens : new int[] {1, 3, 17, 450}) {
          Twin ids = pair.integersBelow(50, tokens);
          for (Write write : Write.values()) {
            Twin y = pair.output(write, type, tokens, width);
            pair.both(s -> s.engine().sequence().gather(s.of(table), s.of(ids), write, s.of(y)));
            pair.assertClose("y " + write, y);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void meanPoolingMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (int[] lengths : lengths()) {
        for (int width : new int[] {1, 33, 384}) {
          Twin starts = pair.starts(lengths);
          Twin x = pair.normal(type, sum(lengths), width);
          Twin y = pair.poisoned(DType.FLOAT32, lengths.length, width);
          pair.both(
              s -> s.engine().sequence().meanPoolForward(s.of(x), s.segments(starts), s.of(y)));
          pair.assertClose("y", y);
          Twin dy = pair.normal(DType.FLOAT32, lengths.length, width);
          Twin dx = pair.poisoned(type, sum(lengths), width);
          pair.both(
              s -> s.engine().sequence().meanPoolBackward(s.of(dy), s.segments(starts), s.of(dx)));
          pair.assertClose("dx", dx);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void firstTokenPoolingMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (int[] lengths : lengths()) {
        for (DType pooled : new DType[] {DType.FLOAT32, type}) {
          Twin starts = pair.starts(lengths);
          Twin x = pair.normal(type, sum(lengths), 33);
          Twin y = pair.poisoned(pooled, lengths.length, 33);
          pair.both(
              s -> s.engine().sequence().firstTokenForward(s.of(x), s.segments(starts), s.of(y)));
          pair.assertClose("y", y);
          Twin dy = pair.normal(pooled, lengths.length, 33);
          Twin dx = pair.poisoned(type, sum(lengths), 33);
          pair.both(
              s ->
                  s.engine().sequence().firstTokenBackward(s.of(dy), s.segments(starts), s.of(dx)));
          pair.assertClose("dx", dx);
        }
      }
    }
  }
}
