package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link LossOps} promises. */
public interface LossContract {
  /** Tokens of a width, a vocabulary, and the rows of logits that there is room for. */
  record Scoring(int tokens, int width, int vocabulary, int room) {}

  List<Scoring> SCORING_CASES =
      List.of(
          new Scoring(1, 64, 512, 1),
          new Scoring(3, 33, 97, 2),
          new Scoring(17, 64, 1000, 40),
          new Scoring(450, 48, 333, 300));

  EnginePair pair(DType computeType);

  /** Labels below {@code classes}, every fifth ignored. */
  private static int[] labels(EnginePair pair, int classes, int count) {
    int[] labels = pair.random().ints(count, 0, classes).toArray();
    for (int i = 4; i < count; i += 5) {
      labels[i] = LossOps.IGNORED;
    }
    return labels;
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void softmaxCrossEntropyMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (int[] size : new int[][] {{1, 2}, {3, 77}, {17, 5}, {450, 33}}) {
        for (float smoothing : new float[] {0, 0.1f}) {
          Twin logits = pair.spread(3, DType.FLOAT32, size[0], size[1]);
          Twin labels = pair.integers(labels(pair, size[1], size[0]));
          Twin dLogits = pair.poisoned(DType.FLOAT32, size[0], size[1]);
          Twin loss = pair.normal(DType.FLOAT32, 1);
          pair.both(
              s ->
                  s.engine()
                      .loss()
                      .softmaxCrossEntropy(
                          s.of(logits),
                          s.of(labels),
                          smoothing,
                          1f / size[0],
                          s.of(dLogits),
                          s.of(loss)));
          pair.assertClose("dLogits", dLogits);
          pair.assertClose("loss", loss);
        }
      }
    }
  }

  /** Every third label is the token that the reference ranks highest, so that hits are counted. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void vocabularyCrossEntropyMatchesTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (Scoring size : SCORING_CASES) {
        int tokens = size.tokens();
        int width = size.width();
        int vocabulary = size.vocabulary();
        int[] labels = labels(pair, vocabulary, tokens);
        float[] weight = pair.normals((long) vocabulary * width, 1 / Math.sqrt(width));
        float[] x = pair.normals((long) tokens * width, 1);
        for (int n = 0; n < tokens; n += 3) {
          labels[n] = (7 * n + 1) % vocabulary;
          for (int c = 0; c < width; c++) {
            x[n * width + c] = 3 * (float) Math.sqrt(width) * weight[labels[n] * width + c];
          }
        }
        LinearContract.LayerTwins head =
            LinearContract.LayerTwins.freeze(
                pair, FrozenSource.of(HostTensor.of("head", Shape.of(vocabulary, width), weight)));
        Twin tokensOnDevice = pair.integers(labels);
        Twin rows = pair.of(type, x, tokens, width);
        Twin dx = pair.poisoned(type, tokens, width);
        Twin loss = pair.normal(DType.FLOAT32, 2);
        Twin room = pair.poisoned(type, size.room(), vocabulary);
        pair.both(
            s ->
                s.engine()
                    .loss()
                    .vocabularyCrossEntropy(
                        head.on(s),
                        new LossOps.Scored(
                            s.of(rows), s.of(tokensOnDevice), 0.5f, s.of(dx), s.of(loss)),
                        s.of(room)));
        pair.assertClose("dx", dx);
        pair.assertClose("loss and hits", loss);
      }
    }
  }
}
