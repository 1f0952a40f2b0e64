package io.adapterworks.engine.cpu;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionOps;
import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Segments;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.List;

/**
 * Attention over blocks of sequences ({@link AttentionPlan}) with oneDNN's batched products. The
 * rows of a block are copied next to each other and padded with zeros; backward computes the
 * probabilities again.
 */
final class CpuAttentionOps implements AttentionOps {
  /** Scores of one tile are held to about this many elements, whatever a sequence's length. */
  private static final long TILE_SCORES = 4L << 20;

  private final CpuContext context;
  private final AttentionMask mask;
  private final Rotation rotation;
  private Segments planned;
  private AttentionPlan plan;

  CpuAttentionOps(CpuContext context) {
    this.context = context;
    this.mask = new AttentionMask(context.scratch());
    this.rotation = new Rotation(context.rows());
  }

  private AttentionPlan planFor(Segments segments) {
    if (planned != segments) {
      planned = segments;
      plan = new AttentionPlan(segments);
    }
    return plan;
  }

  /** One group with its rows in scratch. */
  private record Packed(Tensor q, Tensor k, Tensor v) {}

  @Override
  public void forward(
      AttentionShape shape,
      Segments segments,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor logSumExp) {
    for (AttentionPlan.Group group : planFor(segments).groups()) {
      Packed packed = pack(group, q, k, v);
      Tensor attended = room(Scratch.Purpose.ATTENDED, group, out);
      for (int from = 0; from < group.length(); ) {
        AttentionTile tile = tile(shape, group, from);
        long maskAddress = mask.address(segments, group, tile);
        long scores = floats(Scratch.Purpose.SCORES, tile);
        long softmax = floats(Scratch.Purpose.PROBABILITIES, tile);
        scores(tile, packed, maskAddress, scores);
        context.dnnl().run(tile.softmaxSpec(), scores, softmax);
        LogSumExp.store(context.scratch(), tile, group, logSumExp);
        long probabilities = converted(Scratch.Purpose.PROBABILITIES_GRADIENT, tile, softmax);
        for (int j = 0; j < tile.sharing(); j++) {
          context
              .dnnl()
              .run(
                  tile.outSpec(),
                  probabilities + tile.scoreOffset(j) * width(),
                  CpuStorage.address(packed.v),
                  CpuStorage.address(attended) + tile.queryOffset(j) * width());
        }
        from += tile.queries();
      }
      unpack(group, attended, out);
    }
  }

  @Override
  public void backward(AttentionShape shape, Segments segments, AttentionGradient gradient) {
    for (AttentionPlan.Group group : planFor(segments).groups()) {
      Packed packed = pack(group, gradient.q(), gradient.k(), gradient.v());
      Tensor dOut = packed(Scratch.Purpose.OUT_GRADIENT, group, gradient.dOut());
      Tensor dq = room(Scratch.Purpose.ATTENDED, group, gradient.dq());
      Tensor dk = zeroed(Scratch.Purpose.KEY_GRADIENT, group, gradient.dk());
      Tensor dv = zeroed(Scratch.Purpose.VALUE_GRADIENT, group, gradient.dv());
      for (int from = 0; from < group.length(); ) {
        AttentionTile tile = tile(shape, group, from);
        long maskAddress = mask.address(segments, group, tile);
        backward(tile, packed, maskAddress, new Gradients(dOut, dq, dk, dv));
        from += tile.queries();
      }
      unpack(group, dq, gradient.dq());
      unpack(group, dk, gradient.dk());
      unpack(group, dv, gradient.dv());
    }
  }

  /** Gradients of one group, in scratch; those of keys and values in float32, to be added to. */
  private record Gradients(Tensor dOut, Tensor dq, Tensor dk, Tensor dv) {}

  private void backward(AttentionTile tile, Packed packed, long maskAddress, Gradients gradients) {
    DnnlRuntime dnnl = context.dnnl();
    long softmax = floats(Scratch.Purpose.SCORES, tile);
    scores(tile, packed, maskAddress, softmax);
    dnnl.run(tile.softmaxSpec(), softmax, softmax);
    long probabilities = converted(Scratch.Purpose.PROBABILITIES, tile, softmax);
    long dSoftmax = floats(Scratch.Purpose.PROBABILITIES_GRADIENT, tile);
    for (int j = 0; j < tile.sharing(); j++) {
      long dOut = CpuStorage.address(gradients.dOut) + tile.queryOffset(j) * width();
      dnnl.run(
          tile.keyGradientSpec(1f),
          probabilities + tile.scoreOffset(j) * width(),
          dOut,
          CpuStorage.address(gradients.dv));
      dnnl.run(
          tile.probabilitiesGradientSpec(),
          dOut,
          CpuStorage.address(packed.v),
          dSoftmax + tile.scoreOffset(j) * Float.BYTES);
    }
    dnnl.run(tile.softmaxBackwardSpec(), dSoftmax, softmax, dSoftmax);
    long dScores = converted(Scratch.Purpose.SCORES_GRADIENT, tile, dSoftmax);
    for (int j = 0; j < tile.sharing(); j++) {
      long part = dScores + tile.scoreOffset(j) * width();
      dnnl.run(
          tile.queryGradientSpec(),
          part,
          CpuStorage.address(packed.k),
          CpuStorage.address(gradients.dq) + tile.queryOffset(j) * width());
      dnnl.run(
          tile.keyGradientSpec(tile.shape().scale()),
          part,
          CpuStorage.address(packed.q) + tile.queryOffset(j) * width(),
          CpuStorage.address(gradients.dk));
    }
  }

  private void scores(AttentionTile tile, Packed packed, long maskAddress, long scores) {
    for (int j = 0; j < tile.sharing(); j++) {
      context
          .dnnl()
          .run(
              tile.scoresSpec(),
              CpuStorage.address(packed.q) + tile.queryOffset(j) * width(),
              CpuStorage.address(packed.k),
              scores + tile.scoreOffset(j) * Float.BYTES,
              maskAddress);
    }
  }

  private AttentionTile tile(AttentionShape shape, AttentionPlan.Group group, int from) {
    int length = group.length();
    int blocks = group.blocks().size();
    long fitting = TILE_SCORES / ((long) shape.heads() * length);
    int rows = length;
    if (blocks == 1 && fitting < length) {
      rows = (int) Math.max(CpuStorage.ROW_QUANTUM, fitting / CpuStorage.ROW_QUANTUM * 16);
    }
    int queries = Math.min(rows, length - from);
    int keys = shape.mask() == AttentionShape.Mask.CAUSAL ? from + queries : length;
    return new AttentionTile(shape, context.computeType(), blocks, length, from, queries, keys);
  }

  private int width() {
    return context.computeType().bytes();
  }

  private long floats(Scratch.Purpose purpose, AttentionTile tile) {
    return context.scratch().address(purpose, DType.FLOAT32, tile.scores());
  }

  /** The tile's scores in the compute type: converted to {@code purpose}, or as they are. */
  private long converted(Scratch.Purpose purpose, AttentionTile tile, long scores) {
    if (context.computeType() == DType.FLOAT32) {
      return scores;
    }
    long target = context.scratch().address(purpose, context.computeType(), tile.scores());
    context.dnnl().run(tile.convertSpec(), scores, target);
    return target;
  }

  private Packed pack(AttentionPlan.Group group, Tensor q, Tensor k, Tensor v) {
    return new Packed(
        packed(Scratch.Purpose.QUERY, group, q),
        packed(Scratch.Purpose.KEY, group, k),
        packed(Scratch.Purpose.VALUE, group, v));
  }

  private Tensor room(Scratch.Purpose purpose, AttentionPlan.Group group, Tensor like) {
    long rows = (long) group.blocks().size() * group.length();
    return context.scratch().tensor(purpose, like.dtype(), rows, like.columns());
  }

  private Tensor zeroed(Scratch.Purpose purpose, AttentionPlan.Group group, Tensor like) {
    long rows = (long) group.blocks().size() * group.length();
    Tensor room = context.scratch().tensor(purpose, DType.FLOAT32, rows, like.columns());
    Zeros.fill(room, 0, rows);
    return room;
  }

  /** The rows of each block, each padded with zeros to the group's length. */
  private Tensor packed(Scratch.Purpose purpose, AttentionPlan.Group group, Tensor from) {
    Tensor to = room(purpose, group, from);
    for (int b = 0; b < group.blocks().size(); b++) {
      AttentionPlan.Block block = group.blocks().get(b);
      int base = b * group.length();
      for (int i = 0; i < block.tokens(); i++) {
        RowAccess.copy(from, block.start() + i, to, base + i);
      }
      Zeros.fill(to, base + block.tokens(), group.length() - block.tokens());
    }
    return to;
  }

  private void unpack(AttentionPlan.Group group, Tensor from, Tensor to) {
    Tensor source = from;
    if (from.dtype() != to.dtype()) {
      source =
          context.scratch().tensor(Scratch.Purpose.CAST_A, to.dtype(), from.rows(), from.columns());
      context.run(
          new KernelSpec.Reorder(CpuContext.matrix(from), CpuContext.matrix(source), List.of()),
          from,
          source);
    }
    for (int b = 0; b < group.blocks().size(); b++) {
      AttentionPlan.Block block = group.blocks().get(b);
      for (int i = 0; i < block.tokens(); i++) {
        RowAccess.copy(source, (long) b * group.length() + i, to, block.start() + i);
      }
    }
  }

  @Override
  public void rotate(Tensor x, int headDim, Tensor table, Tensor positions) {
    rotation.apply(x, headDim, table, positions, 1f);
  }

  @Override
  public void rotateBack(Tensor dx, int headDim, Tensor table, Tensor positions) {
    rotation.apply(dx, headDim, table, positions, -1f);
  }
}
