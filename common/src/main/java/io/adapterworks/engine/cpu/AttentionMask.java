package io.adapterworks.engine.cpu;

import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Segments;
import io.adapterworks.tensor.DType;
import java.util.Arrays;

/**
 * What is added to the scores of a tile: 0 where a token sees another, a number that softmax turns
 * into 0 elsewhere. The last mask is kept, because the layers of a model ask for the same one.
 */
final class AttentionMask {
  /** Finite, so that rows of padding, which nobody reads, do not become NaN. */
  private static final float HIDDEN = -1e30f;

  private final Scratch scratch;
  private Segments segments;
  private AttentionPlan.Group group;
  private AttentionTile tile;
  private float[] row = new float[0];

  AttentionMask(Scratch scratch) {
    this.scratch = scratch;
  }

  long address(Segments segments, AttentionPlan.Group group, AttentionTile tile) {
    long elements = (long) tile.blocks() * tile.queries() * tile.keys();
    NativeBlock block = scratch.block(Scratch.Purpose.MASK, elements * DType.FLOAT32.bytes());
    if (this.segments != segments || !group.equals(this.group) || !tile.equals(this.tile)) {
      this.segments = segments;
      this.group = group;
      this.tile = tile;
      fill(block);
    }
    return block.address();
  }

  private void fill(NativeBlock block) {
    if (row.length < tile.keys()) {
      row = new float[tile.keys()];
    }
    int at = 0;
    for (AttentionPlan.Block sequences : group.blocks()) {
      int segment = sequences.firstSegment();
      for (int i = 0; i < tile.queries(); i++) {
        int query = tile.from() + i;
        while (segment < sequences.lastSegment()
            && segments.start(segment + 1) - sequences.start() <= query) {
          segment++;
        }
        fillRow(sequences, segment, query);
        block.floats().put(at, row, 0, tile.keys());
        at += tile.keys();
      }
    }
  }

  private void fillRow(AttentionPlan.Block block, int segment, int query) {
    Arrays.fill(row, 0, tile.keys(), HIDDEN);
    if (query >= block.tokens()) {
      return;
    }
    int from = segments.start(segment) - block.start();
    int to = segments.start(segment + 1) - block.start();
    if (tile.shape().mask() == AttentionShape.Mask.CAUSAL) {
      to = query + 1;
    }
    Arrays.fill(row, from, to, 0f);
  }
}
