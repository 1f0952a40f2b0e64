package io.adapterworks.engine.cpu;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionOperands;
import io.adapterworks.engine.AttentionOps;
import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Segments;
import io.adapterworks.tensor.Tensor;

/** Attention block by block, and rotary positions. */
final class CpuAttentionOps implements AttentionOps {
  private final AttentionBlocks blocks;
  private final AttentionForward forward;
  private final AttentionBackward backward;
  private final Rotation rotation;
  private Segments planned;
  private AttentionPlan.Grouping grouping;
  private AttentionPlan plan;

  CpuAttentionOps(CpuContext context) {
    AttentionScores scores = new AttentionScores(context);
    AttentionDropout dropout = new AttentionDropout(context);
    blocks = new AttentionBlocks(context);
    forward = new AttentionForward(context, scores, dropout);
    backward = new AttentionBackward(context, scores, dropout);
    rotation = new Rotation(context.rows());
  }

  private AttentionPlan planFor(AttentionShape shape, Segments segments) {
    AttentionPlan.Grouping wanted =
        shape.heads() == shape.kvHeads()
            ? AttentionPlan.Grouping.ALL
            : AttentionPlan.Grouping.SINGLE;
    if (planned != segments || grouping != wanted) {
      planned = segments;
      grouping = wanted;
      plan = new AttentionPlan(segments, wanted);
    }
    return plan;
  }

  @Override
  public void forward(AttentionShape shape, Segments segments, AttentionOperands tensors) {
    Tensor out = tensors.out();
    for (AttentionPlan.Group group : planFor(shape, segments).groups()) {
      Tensor packed = pack(group, tensors);
      Tensor attended = blocks.room(Scratch.Purpose.ATTENDED, group, out.columns());
      forward.run(shape, segments, group, packed, attended, tensors.logSumExp());
      blocks.unpack(group, attended, out);
    }
  }

  private Tensor pack(AttentionPlan.Group group, AttentionOperands tensors) {
    return blocks.pack(Scratch.Purpose.PACKED, group, tensors.q(), tensors.k(), tensors.v());
  }

  @Override
  public void backward(AttentionShape shape, Segments segments, AttentionGradient gradient) {
    for (AttentionPlan.Group group : planFor(shape, segments).groups()) {
      Tensor packed = pack(group, gradient.forward());
      Tensor dOut = blocks.pack(Scratch.Purpose.ATTENDED, group, gradient.dOut());
      Tensor dPacked = blocks.room(Scratch.Purpose.PACKED_GRADIENT, group, packed.columns());
      backward.run(shape, segments, group, new AttentionBackward.Packed(packed, dOut, dPacked));
      blocks.unpack(group, dPacked, gradient.dq(), gradient.dk(), gradient.dv());
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
