package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link GatedOps} promises. */
public interface GatedContract {
  /** Tokens, C and F, and the pairs' rank on each of gate, up and down; 0 for none. */
  record Gated(int tokens, int hidden, int intermediate, int rank) {
    int total(int layers) {
      return layers * rank;
    }

    int[][] ranges(int layers, int out) {
      int[][] ranges = new int[rank > 0 ? layers : 0][];
      for (int i = 0; i < ranges.length; i++) {
        ranges[i] = new int[] {i * out, out, rank};
      }
      return ranges;
    }
  }

  /** The last has more tiles, and more rows of them, than a large card computes at a time. */
  List<Gated> GATED_CASES =
      List.of(
          new Gated(5, 32, 48, 0),
          new Gated(7, 33, 17, 3),
          new Gated(256, 64, 128, 0),
          new Gated(300, 192, 328, 0),
          new Gated(1000, 136, 1000, 0),
          new Gated(300, 192, 320, 8),
          new Gated(450, 64, 512, 16),
          new Gated(2200, 64, 2048, 8));

  EnginePair pair(DType computeType);

  private static LinearContract.LayerTwins layer(EnginePair pair, int[] outs, int in, int rank) {
    return LinearContract.LayerTwins.freeze(pair, LinearContract.weights(pair, outs, in, rank));
  }

  private static void checkForward(EnginePair pair, Gated size, Optional<Twin> seed) {
    DType type = pair.computeType();
    int wide = size.intermediate();
    var layer = layer(pair, new int[] {wide, wide}, size.hidden(), size.total(2));
    LoraTwins lora = LoraTwins.random(pair, size.hidden(), size.ranges(2, wide), seed);
    Twin x = pair.spared(pair.normal(type, size.tokens(), size.hidden()), lora.totalRank());
    Twin h = pair.poisoned(type, size.tokens(), Math.max(1, lora.totalRank()));
    Twin gateUp = pair.spared(pair.poisoned(type, size.tokens(), 2L * wide), lora.totalRank());
    Twin activated = pair.spared(pair.poisoned(type, size.tokens(), wide), size.rank());
    pair.both(
        s ->
            s.engine()
                .gated()
                .forward(
                    layer.on(s),
                    lora.on(s),
                    new GatedOps.Forward(s.of(x), s.of(h), s.of(gateUp), s.of(activated))));
    pair.assertClose(size + " gateUp", pair.dense(gateUp));
    pair.assertClose(size + " activated", pair.dense(activated));
    if (lora.totalRank() > 0) {
      pair.assertClose(size + " h", h);
    }
  }

  private static void checkBackward(EnginePair pair, Gated size, Optional<Twin> seed) {
    DType type = pair.computeType();
    int wide = size.intermediate();
    var layer = layer(pair, new int[] {size.hidden()}, wide, size.total(1));
    LoraTwins lora = LoraTwins.random(pair, wide, size.ranges(1, size.hidden()), seed);
    Twin dy = pair.spared(pair.normal(type, size.tokens(), size.hidden()), lora.totalRank());
    Twin activated = pair.spared(pair.normal(type, size.tokens(), wide), lora.totalRank());
    Twin h = pair.normal(type, size.tokens(), Math.max(1, lora.totalRank()));
    Twin gateUp = pair.spared(pair.normal(type, size.tokens(), 2L * wide), size.total(2));
    Twin dActivated = pair.poisoned(type, size.tokens(), wide);
    pair.both(
        s ->
            s.engine()
                .gated()
                .backward(
                    layer.on(s),
                    lora.on(s),
                    new GatedOps.Backward(
                        s.of(dy), s.of(activated), s.of(h), s.of(dActivated), s.of(gateUp))));
    pair.assertClose(size + " dGateUp", pair.dense(gateUp));
    lora.assertGradientsClose(pair, size + " gated");
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void productsAroundSwiGluMatchTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      for (Gated size : GATED_CASES) {
        checkForward(pair, size, Optional.empty());
        checkBackward(pair, size, Optional.empty());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  default void productsAroundSwiGluWithDropoutMatchTheReference(DType type) {
    try (EnginePair pair = pair(type)) {
      Optional<Twin> seed = Optional.of(pair.seed(12345, 7));
      for (int rank : new int[] {0, 8}) {
        Gated size = new Gated(300, 192, 320, rank);
        checkForward(pair, size, seed);
        checkBackward(pair, size, seed);
      }
    }
  }
}
