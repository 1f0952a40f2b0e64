package io.adapterworks.engine.cpu;

import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Segments;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.Optional;

/** What forward and backward of attention share: tiles, masked scores, their conversion. */
final class AttentionScores {
  /** Scores of one tile are held to about this many elements, whatever a sequence's length. */
  private static final long TILE_SCORES = 4L << 20;

  private final CpuContext context;
  private final AttentionMask mask;

  AttentionScores(CpuContext context) {
    this.context = context;
    this.mask = new AttentionMask(context.scratch());
  }

  /** The tile of a group, one for all layers, that begins at query row {@code from}. */
  AttentionTile tile(AttentionShape shape, AttentionPlan.Group group, int from) {
    int length = group.length();
    int blocks = group.blocks().size();
    long fitting = TILE_SCORES / ((long) shape.heads() * length);
    int rows = length;
    if (blocks == 1 && fitting < length) {
      int quantum = CpuStorage.ROW_QUANTUM;
      rows = (int) Math.max(quantum, fitting / quantum * quantum);
    }
    int queries = Math.min(rows, length - from);
    AttentionShape constants = shape.with(Optional.empty());
    int keys = shape.mask() == AttentionShape.Mask.CAUSAL ? from + queries : length;
    return new AttentionTile(constants, context.computeType(), blocks, length, from, queries, keys);
  }

  /** Sets the tile's masked scores at the float32 address {@code scores}. */
  void compute(
      Segments segments,
      AttentionPlan.Group group,
      AttentionTile tile,
      Tensor packed,
      long scores) {
    int width = tile.packedWidth();
    long keys = address(packed, tile.shape().queryWidth());
    for (int j = 0; j < tile.sharing(); j++) {
      context
          .dnnl()
          .run(
              tile.scoresSpec(),
              address(packed, tile.queryOffset(width, j)),
              keys,
              scores + tile.scoreOffset(j) * Float.BYTES);
    }
    context.dnnl().run(tile.maskSpec(), scores, mask.address(segments, group, tile), scores);
  }

  /** The address of element {@code offset} of a tensor in scratch. */
  long address(Tensor tensor, long offset) {
    return CpuStorage.address(tensor) + offset * tensor.dtype().bytes();
  }

  long floats(Scratch.Purpose purpose, AttentionTile tile) {
    return context.scratch().address(purpose, DType.FLOAT32, tile.scores());
  }

  /** The tile's scores in the compute type: converted to {@code purpose}, or as they are. */
  long converted(Scratch.Purpose purpose, AttentionTile tile, long scores) {
    if (context.computeType() == DType.FLOAT32) {
      return scores;
    }
    long target = context.scratch().address(purpose, context.computeType(), tile.scores());
    context.dnnl().run(tile.convertSpec(), scores, target);
    return target;
  }
}
