package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link AttentionOps} promises. */
public interface AttentionContract {
  /** Heads, key/value heads, head size, and the lengths of the sequences. */
  record Case(int heads, int kvHeads, int headDim, List<Integer> lengths) {
    int tokens() {
      return lengths.stream().mapToInt(Integer::intValue).sum();
    }

    AttentionShape shape(AttentionShape.Mask mask) {
      return new AttentionShape(heads, kvHeads, headDim, (float) (1 / Math.sqrt(headDim)), mask);
    }

    /** Queries, keys and values side by side. */
    int width() {
      return (heads + 2 * kvHeads) * headDim;
    }
  }

  /** What attention works on, queries, keys and values and their gradients side by side. */
  record Tensors(
      AttentionShape shape, Twin qkv, Twin out, Twin logSumExp, Twin dOut, Twin dQkv, Twin room) {
    private Tensor query(EnginePair.Side side, Twin all) {
      return side.of(all.columns(0, shape.queryWidth()));
    }

    private Tensor key(EnginePair.Side side, Twin all) {
      return side.of(all.columns(shape.queryWidth(), shape.kvWidth()));
    }

    private Tensor value(EnginePair.Side side, Twin all) {
      return side.of(all.columns(shape.rotatedWidth(), shape.kvWidth()));
    }

    AttentionOperands operands(EnginePair.Side side) {
      return new AttentionOperands(
          query(side, qkv), key(side, qkv), value(side, qkv), side.of(out), side.of(logSumExp));
    }

    AttentionGradient gradient(EnginePair.Side side) {
      return new AttentionGradient(
          operands(side),
          side.of(dOut),
          query(side, dQkv),
          key(side, dQkv),
          value(side, dQkv),
          Optional.of(side.of(room)));
    }
  }

  List<Case> ATTENTION_CASES =
      List.of(
          new Case(1, 1, 32, List.of(1)),
          new Case(8, 4, 8, List.of(3, 17, 1)),
          new Case(8, 2, 8, List.of(48, 40, 33, 17)),
          new Case(6, 2, 32, List.of(48, 40, 33, 17)),
          new Case(4, 4, 16, List.of(48, 40, 33, 17)),
          new Case(3, 1, 64, List.of(33, 1, 1, 65)),
          new Case(4, 2, 128, List.of(17, 130)),
          new Case(2, 2, 32, List.of(450)),
          new Case(2, 1, 64, List.of(300, 1, 149)),
          new Case(3, 1, 128, List.of(200, 130)),
          new Case(1, 1, 128, List.of(257, 64, 129)));

  /** How much larger the last keys are: their scores are of the order of 2^11. */
  float RISE = 8;

  EnginePair pair(DType computeType);

  private static void check(EnginePair pair, Case size, AttentionShape.Mask mask) {
    check(pair, size, mask, side -> size.shape(mask));
  }

  private static void check(
      EnginePair pair,
      Case size,
      AttentionShape.Mask mask,
      Function<EnginePair.Side, AttentionShape> shapes) {
    float[] values = pair.normals((long) size.tokens() * size.width(), 1);
    check(pair, size, mask, shapes, values);
  }

  private static void check(
      EnginePair pair,
      Case size,
      AttentionShape.Mask mask,
      Function<EnginePair.Side, AttentionShape> shapes,
      float[] queriesKeysValues) {
    DType type = pair.computeType();
    AttentionShape shape = size.shape(mask);
    String what = size + " " + mask + " ";
    Twin starts = pair.starts(size.lengths().stream().mapToInt(Integer::intValue).toArray());
    Twin qkv = pair.of(type, queriesKeysValues, size.tokens(), size.width());
    Twin dQkv = pair.poisoned(type, size.tokens(), size.width());
    int spare = size.heads() % 2 * pair.spareColumns(8);
    Twin out = pair.poisoned(type, size.tokens(), shape.queryWidth() + spare).sparing(spare);
    Twin logSumExp = pair.poisoned(DType.FLOAT32, size.heads(), size.tokens());
    Twin dOut = pair.normal(type, size.tokens(), shape.queryWidth());
    // Enough for all heads, for some, or for none.
    Twin room = pair.poisoned(type, size.tokens() * (long) size.tokens() + 100_000);
    Tensors tensors = new Tensors(shape, qkv, out, logSumExp, dOut, dQkv, room);
    pair.both(
        s ->
            s.engine()
                .attention()
                .forward(shapes.apply(s), s.segments(starts), tensors.operands(s)));
    pair.assertClose(what + "out", pair.dense(out));
    pair.assertClose(what + "logSumExp", logSumExp);
    pair.both(
        s ->
            s.engine()
                .attention()
                .backward(shapes.apply(s), s.segments(starts), tensors.gradient(s)));
    pair.assertClose(what + "dq, dk, dv", dQkv, 2 * pair.tolerance());
    Twin table = table(pair, 40, size.headDim());
    Twin positions = pair.integersBelow(40, size.tokens());
    pair.both(
        s ->
            s.engine()
                .attention()
                .backwardRotated(
                    shapes.apply(s),
                    s.segments(starts),
                    tensors.gradient(s),
                    new AttentionOps.Rotary(s.of(table), s.of(positions))));
    pair.assertClose(what + "dq, dk rotated back, dv", dQkv, 2 * pair.tolerance());
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void causalAttentionMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (Case size : ATTENTION_CASES) {
        check(pair, size, AttentionShape.Mask.CAUSAL);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void fullAttentionMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (Case size : ATTENTION_CASES) {
        check(pair, size, AttentionShape.Mask.FULL);
      }
    }
  }

  /** Keys grow along a sequence, so that whatever walks over them meets ever higher scores. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void scoresThatRiseAlongTheKeysMatchTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (Case size :
          List.of(new Case(2, 1, 64, List.of(300)), new Case(3, 1, 128, List.of(330)))) {
        float[] values = pair.normals((long) size.tokens() * size.width(), 1);
        int keys = size.heads() * size.headDim();
        for (int n = 0; n < size.tokens(); n++) {
          for (int c = 0; c < size.kvHeads() * size.headDim(); c++) {
            values[n * size.width() + keys + c] *= RISE * n / size.tokens();
          }
        }
        for (AttentionShape.Mask mask : AttentionShape.Mask.values()) {
          check(pair, size, mask, side -> size.shape(mask), values);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void attentionDropsExactlyTheSpecifiedWeights(DType type) {
    try (EnginePair pair = pair(type)) {
      Twin seed = pair.seed(0x123456789ABCDEFL, 37);
      for (Case size : ATTENTION_CASES) {
        for (AttentionShape.Mask mask : AttentionShape.Mask.values()) {
          check(
              pair,
              size,
              mask,
              side -> size.shape(mask).with(Optional.of(new Dropout(0.25f, side.of(seed), 5))));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void rotationsMatchTheReferenceAndUndoEachOther(DType type) {
    try (EnginePair pair = pair(type)) {
      for (int headDim : new int[] {2, 8, 64, 128}) {
        Twin table = table(pair, 40, headDim);
        for (int tokens : new int[] {1, 3, 17, 33}) {
          Twin positions = pair.integersBelow(40, tokens);
          Twin whole = pair.normal(type, tokens, 5L * headDim);
          Twin x = whole.columns(headDim, 3L * headDim);
          pair.both(
              s -> s.engine().attention().rotate(s.of(x), headDim, s.of(table), s.of(positions)));
          pair.assertClose("rotated", whole);
          Twin back = pair.normal(type, tokens, 4L * headDim);
          pair.both(
              s ->
                  s.engine()
                      .attention()
                      .rotateBack(
                          s.of(back.columns(0, headDim)), headDim, s.of(table), s.of(positions)));
          pair.assertClose("rotated back", back);
        }
      }
    }
  }

  /** Cosines, then sines, of the usual angles. */
  static Twin table(EnginePair pair, int positions, int headDim) {
    float[] table = new float[positions * headDim];
    int half = headDim / 2;
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < half; i++) {
        double angle = p * Math.pow(10000, -2.0 * i / headDim);
        table[p * headDim + i] = (float) Math.cos(angle);
        table[p * headDim + half + i] = (float) Math.sin(angle);
      }
    }
    return pair.of(DType.FLOAT32, table, positions, headDim);
  }
}
