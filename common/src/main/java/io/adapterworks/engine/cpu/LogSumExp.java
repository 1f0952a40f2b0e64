package io.adapterworks.engine.cpu;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;

/**
 * The logarithm of softmax's denominator, found from a score s and its probability p as s − log p,
 * which is the same for every key of a row.
 */
final class LogSumExp {
  /** Below this, a probability has lost digits and the row's largest is looked for instead. */
  private static final float TRUSTED = 1e-6f;

  private LogSumExp() {}

  /** Sets logSumExp(H, N) for the rows of a tile, from its scores and probabilities in scratch. */
  static void store(
      Scratch scratch, AttentionTile tile, AttentionPlan.Group group, Tensor logSumExp) {
    long bytes = tile.scores() * DType.FLOAT32.bytes();
    NativeBlock scores = scratch.block(Scratch.Purpose.SCORES, bytes);
    NativeBlock probabilities = scratch.block(Scratch.Purpose.PROBABILITIES, bytes);
    NativeBlock target = CpuStorage.of(logSumExp).block();
    int heads = tile.shape().heads();
    for (int b = 0; b < tile.blocks(); b++) {
      AttentionPlan.Block block = group.blocks().get(b);
      int rows = Math.min(tile.queries(), block.tokens() - tile.from());
      for (int h = 0; h < heads; h++) {
        int base = Math.toIntExact(tile.scoreOffset(b, h));
        int at = CpuStorage.index(logSumExp, h) + block.start() + tile.from();
        for (int i = 0; i < rows; i++) {
          int index = seen(probabilities, base + i * tile.keys(), tile.from() + i, tile.keys());
          double log = Math.log(probabilities.floats().get(index));
          target.floats().put(at + i, (float) (scores.floats().get(index) - log));
        }
      }
    }
  }

  /** The index of a probability of the row that can be trusted; a token always sees itself. */
  private static int seen(NativeBlock probabilities, int row, int own, int keys) {
    int best = row + own;
    if (probabilities.floats().get(best) >= TRUSTED) {
      return best;
    }
    for (int i = row; i < row + keys; i++) {
      if (probabilities.floats().get(i) > probabilities.floats().get(best)) {
        best = i;
      }
    }
    return best;
  }
}
