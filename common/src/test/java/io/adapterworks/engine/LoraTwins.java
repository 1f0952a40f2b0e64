package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A LoRA group on both engines.
 *
 * @param dropout a seed on the device, or empty for no dropout
 */
record LoraTwins(List<Slice> slices, Optional<Twin> dropout) {
  private static final int SITE = 5;

  /** One pair of factors and their gradients. */
  record Slice(int outOffset, Twin a, Twin b, Twin dA, Twin dB, float scale) {}

  /**
   * @param ranges of each slice: first output, outputs, rank
   */
  static LoraTwins random(EnginePair pair, int in, int[][] ranges, Optional<Twin> dropout) {
    DType type = pair.computeType();
    List<Slice> slices = new ArrayList<>();
    for (int[] range : ranges) {
      int rank = range[2];
      slices.add(
          new Slice(
              range[0],
              pair.spread(1 / Math.sqrt(in), type, rank, in),
              pair.normal(type, range[1], rank),
              pair.normal(DType.FLOAT32, rank, in),
              pair.normal(DType.FLOAT32, range[1], rank),
              2f / rank));
    }
    return new LoraTwins(slices, dropout);
  }

  LoraGroup on(EnginePair.Side side) {
    return new LoraGroup(
        slices.stream()
            .map(
                slice ->
                    new LoraSlice(
                        slice.outOffset(),
                        side.of(slice.a()),
                        side.of(slice.b()),
                        side.of(slice.dA()),
                        side.of(slice.dB()),
                        slice.scale()))
            .toList(),
        dropout.map(seed -> new Dropout(0.3f, side.of(seed), SITE)));
  }

  int totalRank() {
    return slices.stream().mapToInt(slice -> (int) slice.a().reference().rows()).sum();
  }

  void assertGradientsClose(EnginePair pair, String what) {
    for (Slice slice : slices) {
      pair.assertClose(what + " dA", slice.dA());
      pair.assertClose(what + " dB", slice.dB());
    }
  }
}
