package io.adapterworks.engine.cpu;

import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.Segments;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Backward of one group of blocks. The probabilities are computed again. Gradients of keys and
 * values come from several products where a sequence has several tiles or heads share them; they
 * are then gathered in float32.
 */
final class AttentionBackward {
  private final CpuContext context;
  private final AttentionScores scores;
  private final AttentionDropout dropout;

  AttentionBackward(CpuContext context, AttentionScores scores, AttentionDropout dropout) {
    this.context = context;
    this.scores = scores;
    this.dropout = dropout;
  }

  /**
   * Packed rows of a group.
   *
   * @param packed (rows, H·D + 2·kvHeads·D): queries, keys, values
   * @param dOut (rows, H·D)
   * @param dPacked as packed: the gradients, set
   */
  record Packed(Tensor packed, Tensor dOut, Tensor dPacked) {}

  void run(AttentionShape shape, Segments segments, AttentionPlan.Group group, Packed rows) {
    AttentionTile first = scores.tile(shape, group, 0);
    boolean gathered = first.sharing() > 1 || first.queries() < group.length();
    Sink keys = sink(Scratch.Purpose.KEY_GRADIENT, first, rows.dPacked, 0, gathered);
    Sink values = sink(Scratch.Purpose.VALUE_GRADIENT, first, rows.dPacked, 1, gathered);
    for (int from = 0; from < group.length(); ) {
      AttentionTile tile = scores.tile(shape, group, from);
      long softmax = scores.floats(Scratch.Purpose.SCORES, tile);
      scores.compute(segments, group, tile, rows.packed, softmax);
      context.dnnl().run(tile.softmaxSpec(), softmax, softmax);
      Optional<Dropped> dropped =
          shape
              .dropout()
              .map(drop -> dropped(drop, new AttentionDropout.Place(segments, group, tile)));
      long weights =
          dropped
              .map(drop -> weights(tile, drop, softmax))
              .orElseGet(() -> scores.converted(Scratch.Purpose.PROBABILITIES, tile, softmax));
      long dSoftmax = valueGradients(tile, rows, weights, values);
      dropped.ifPresent(
          drop -> dropout.multiply(tile, drop.dropout, drop.mask, dSoftmax, dSoftmax));
      context.dnnl().run(tile.softmaxBackwardSpec(), dSoftmax, softmax, dSoftmax);
      queryAndKeyGradients(tile, rows, dSoftmax, keys);
      from += tile.queries();
    }
    keys.finish();
    values.finish();
  }

  /** A dropout, and its mask for a tile. */
  private record Dropped(Dropout dropout, long mask) {}

  private Dropped dropped(Dropout drop, AttentionDropout.Place place) {
    return new Dropped(drop, dropout.mask(drop, place));
  }

  /** What v was weighted with, in the compute type; the softmax itself is needed afterwards. */
  private long weights(AttentionTile tile, Dropped dropped, long softmax) {
    Scratch.Purpose free =
        context.computeType() == DType.FLOAT32
            ? Scratch.Purpose.PROBABILITIES
            : Scratch.Purpose.PROBABILITIES_GRADIENT;
    long to = scores.floats(free, tile);
    dropout.multiply(tile, dropped.dropout, dropped.mask, softmax, to);
    return scores.converted(Scratch.Purpose.PROBABILITIES, tile, to);
  }

  /** Sets or adds to dv; returns where dOut·vᵀ is. */
  private long valueGradients(AttentionTile tile, Packed rows, long weights, Sink values) {
    int width = context.computeType().bytes();
    int outWidth = tile.shape().queryWidth();
    long dSoftmax = scores.floats(Scratch.Purpose.PROBABILITIES_GRADIENT, tile);
    long value = scores.address(rows.packed, outWidth + tile.shape().kvWidth());
    for (int j = 0; j < tile.sharing(); j++) {
      long dOut = scores.address(rows.dOut, tile.queryOffset(outWidth, j));
      context
          .dnnl()
          .run(
              tile.valueGradientSpec(values.layout(tile), values.postOps(1f)),
              weights + tile.scoreOffset(j) * width,
              dOut,
              values.address);
      context
          .dnnl()
          .run(
              tile.probabilitiesGradientSpec(),
              dOut,
              value,
              dSoftmax + tile.scoreOffset(j) * Float.BYTES);
    }
    return dSoftmax;
  }

  private void queryAndKeyGradients(AttentionTile tile, Packed rows, long dSoftmax, Sink keys) {
    int width = context.computeType().bytes();
    int packedWidth = tile.packedWidth();
    long dScores = scores.converted(Scratch.Purpose.SCORES_GRADIENT, tile, dSoftmax);
    long key = scores.address(rows.packed, tile.shape().queryWidth());
    for (int j = 0; j < tile.sharing(); j++) {
      long part = dScores + tile.scoreOffset(j) * width;
      long query = tile.queryOffset(packedWidth, j);
      context.dnnl().run(tile.queryGradientSpec(), part, key, scores.address(rows.dPacked, query));
      context
          .dnnl()
          .run(
              tile.keyGradientSpec(keys.layout(tile), keys.postOps(tile.shape().scale())),
              part,
              scores.address(rows.packed, query),
              keys.address);
    }
  }

  /** Where a gradient of keys or values goes: the result itself, or a float32 sum before it. */
  private final class Sink {
    private final Tensor result;
    private final Tensor sum;
    private final long address;

    private Sink(Tensor result, Tensor sum) {
      this.result = result;
      this.sum = sum;
      this.address = CpuStorage.address(sum == null ? result : sum);
    }

    private Layout layout(AttentionTile tile) {
      return sum == null
          ? tile.keyRows(context.computeType(), tile.packedWidth())
          : tile.keyRows(DType.FLOAT32, tile.shape().kvWidth());
    }

    private List<PostOp> postOps(float scale) {
      List<PostOp> postOps = new ArrayList<>(2);
      if (scale != 1f) {
        postOps.add(new PostOp.Scale(scale));
      }
      if (sum != null) {
        postOps.add(PostOp.ADD_TO_OUTPUT);
      }
      return postOps;
    }

    private void finish() {
      if (sum != null) {
        context.run(
            new KernelSpec.Reorder(CpuContext.matrix(sum), CpuContext.matrix(result), List.of()),
            sum,
            result);
      }
    }
  }

  private Sink sink(
      Scratch.Purpose purpose, AttentionTile tile, Tensor dPacked, int index, boolean gathered) {
    int width = tile.shape().kvWidth();
    Tensor result = dPacked.columns(tile.shape().queryWidth() + (long) index * width, width);
    if (!gathered) {
      return new Sink(result, null);
    }
    Tensor sum = context.scratch().tensor(purpose, DType.FLOAT32, dPacked.rows(), width);
    Zeros.fill(sum, 0, sum.rows());
    return new Sink(result, sum);
  }
}
