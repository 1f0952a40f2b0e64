package io.adapterworks.pass;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionOperands;
import io.adapterworks.engine.AttentionOps;
import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.ProjectionOps;
import io.adapterworks.engine.RmsNormed;
import io.adapterworks.engine.Write;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;
import java.util.Optional;

/**
 * The first half of a decoder layer: y = x + O(attention(rotated Q, K, V of norm(x))). Query, key
 * and value are one product. Touvron et al. 2023, arXiv:2302.13971.
 */
final class LlamaAttention {
  /** Matrices that share memory start at whole multiples of so many elements. */
  private static final long ROOM_UNIT = 128;

  private final Engine engine;
  private final int hidden;
  private final AttentionShape shape;
  private final RopeTable rope;
  private final FrozenRmsNorm norm;
  private final Optional<HeadNorm> queryNorm;
  private final Optional<HeadNorm> keyNorm;
  private final AdaptedLinear queryKeyValue;
  private final AdaptedLinear output;

  LlamaAttention(
      Engine engine, BaseModel base, LinearLoader linear, RopeTable rope, LayerPlace place) {
    LlamaConfig config = (LlamaConfig) base.config();
    String layer = config.layerPrefix(base.prefix(), place.index());
    String path = layer + "self_attn.";
    this.engine = engine;
    this.hidden = config.hidden();
    this.shape =
        new AttentionShape(
            config.heads(),
            config.kvHeads(),
            config.headDim(),
            (float) (1 / Math.sqrt(config.headDim())),
            AttentionShape.Mask.CAUSAL);
    this.rope = rope;
    this.norm =
        FrozenRmsNorm.load(
            engine, place.weights(), base, layer + "input_layernorm", config.rmsNormEpsilon());
    boolean normed = config.has(LlamaConfig.Feature.QUERY_KEY_NORM);
    this.queryNorm =
        normed
            ? Optional.of(HeadNorm.load(engine, base, config, place, HeadNorm.Side.QUERY))
            : Optional.empty();
    this.keyNorm =
        normed
            ? Optional.of(HeadNorm.load(engine, base, config, place, HeadNorm.Side.KEY))
            : Optional.empty();
    this.queryKeyValue = linear.stacked(List.of(path + "q_proj", path + "k_proj", path + "v_proj"));
    this.output = linear.single(path + "o_proj");
  }

  AttentionShape shape() {
    return shape;
  }

  boolean isAdapted() {
    return queryKeyValue.isAdapted() || output.isAdapted();
  }

  /**
   * What forward leaves for backward. All (N, …), in the compute type but for float32 statistics.
   *
   * @param normed not kept: shared with the other layers
   */
  record Saved(
      Tensor normed,
      Tensor rstd,
      Tensor hQueryKeyValue,
      Tensor queryKeyValue,
      Optional<HeadNorm.Saved> query,
      Optional<HeadNorm.Saved> key,
      Tensor context,
      Tensor logSumExp,
      Tensor hOutput) {}

  /** C, the width of the layer's input. */
  int width() {
    return hidden;
  }

  /** Spare columns that the normalised input and the gradient of queries, keys and values need. */
  int inputSpare() {
    return queryKeyValue.spareColumns();
  }

  /** Spare columns that the gradient of the output needs. */
  int outputSpare() {
    return output.spareColumns();
  }

  Saved allocate(Tensor normed, TensorScope scope) {
    DType type = engine.computeType();
    long n = normed.rows();
    return new Saved(
        normed,
        scope.allocate(DType.FLOAT32, n),
        scope.allocate(type, n, queryKeyValue.totalRank()),
        scope.allocate(type, n, queryKeyValueWidth()),
        queryNorm.map(head -> head.allocate(n, scope)),
        keyNorm.map(head -> head.allocate(n, scope)),
        scope
            .allocate(type, n, shape.queryWidth() + output.spareColumns())
            .sparing(output.spareColumns()),
        scope.allocate(DType.FLOAT32, shape.heads(), n),
        scope.allocate(type, n, output.totalRank()));
  }

  /** As {@link #allocate}, in another layer's memory but for what depends on this one's ranks. */
  Saved share(Saved other, TensorScope scope) {
    DType type = engine.computeType();
    long n = other.normed.rows();
    return new Saved(
        other.normed,
        other.rstd,
        scope.allocate(type, n, queryKeyValue.totalRank()),
        other.queryKeyValue,
        other.query,
        other.key,
        other.context,
        other.logSumExp,
        scope.allocate(type, n, output.totalRank()));
  }

  private Tensor query(Tensor queryKeyValue) {
    return queryKeyValue.columns(0, shape.queryWidth());
  }

  private Tensor key(Tensor queryKeyValue) {
    return queryKeyValue.columns(shape.queryWidth(), shape.kvWidth());
  }

  private Tensor value(Tensor queryKeyValue) {
    return queryKeyValue.columns(shape.rotatedWidth(), shape.kvWidth());
  }

  /** Sets y(N, C) from x(N, C), and what {@code saved} holds. */
  void forward(PassMode mode, Tensor x, DeviceBatch batch, Saved saved, Tensor y) {
    project(mode, x, batch, saved);
    engine.attention().forward(shape, batch.segments(), operands(saved));
    output.forwardWithResidual(mode, saved.context, saved.hOutput, x, y);
  }

  /** Sets the rotated queries and keys, and the values, of x. */
  private void project(PassMode mode, Tensor x, DeviceBatch batch, Saved saved) {
    norm.forward(x, saved.normed, saved.rstd);
    Tensor qkv = saved.queryKeyValue;
    AttentionOps.Rotary rotation = rope.rotation(batch.positions());
    if (queryNorm.isEmpty()) {
      queryKeyValue.projectForward(
          mode,
          shape,
          new ProjectionOps.Forward(saved.normed, saved.hQueryKeyValue, qkv, rotation));
      return;
    }
    queryKeyValue.forward(mode, saved.normed, saved.hQueryKeyValue, qkv);
    queryNorm.ifPresent(head -> head.forward(query(qkv), saved.query.orElseThrow()));
    keyNorm.ifPresent(head -> head.forward(key(qkv), saved.key.orElseThrow()));
    engine.attention().rotate(shape, qkv, rotation);
  }

  /** As {@link #forward}, dropout off, where x holds one new token of each cached sequence. */
  void decode(Tensor x, DeviceBatch batch, CachedStep step, Saved saved, Tensor y) {
    project(PassMode.INFERENCE, x, batch, saved);
    step.cache().attend(step.layer(), saved.queryKeyValue, saved.context);
    output.forwardWithResidual(PassMode.INFERENCE, saved.context, saved.hOutput, x, y);
  }

  /** Stores the keys and values that {@link #forward} left, for all tokens of the sequences. */
  void remember(CachedStep step, Saved saved) {
    step.cache().store(step.layer(), saved.queryKeyValue);
  }

  /**
   * Memory that the backward passes of all layers share, and each uses within one half of itself.
   *
   * @param lent what the layer itself no longer needs, contiguous
   */
  record Scratch(Tensor dNormed, Tensor dContext, Tensor dQueryKeyValue, Optional<Tensor> lent) {
    Scratch lending(Tensor room) {
      return new Scratch(dNormed, dContext, dQueryKeyValue, Optional.of(room));
    }
  }

  private long queryKeyValueWidth() {
    return shape.queryWidth() + 2L * shape.kvWidth();
  }

  /** Elements that a matrix takes of the room. */
  private static long roomElements(Shape matrix) {
    return (matrix.elements() + ROOM_UNIT - 1) / ROOM_UNIT * ROOM_UNIT;
  }

  /** Elements of the room that {@link #scratch} takes. */
  long roomElements(long n, int spare) {
    return roomElements(Shape.of(n, shape.queryWidth()))
        + roomElements(Shape.of(n, queryKeyValueWidth() + spare))
        + n * hidden;
  }

  /**
   * @param spare columns of the gradient of queries, keys and values: the most of any layer
   */
  Scratch scratch(long n, int spare, Tensor room) {
    Shape context = Shape.of(n, shape.queryWidth());
    Shape queryKeyValue = Shape.of(n, queryKeyValueWidth() + spare);
    long second = roomElements(context);
    return new Scratch(
        room.view(second + roomElements(queryKeyValue), Shape.of(n, hidden)),
        room.view(0, context),
        room.view(second, queryKeyValue).sparing(spare),
        Optional.empty());
  }

  /** Adds the gradients of A and B; turns dy into dx as {@code step} says. */
  void backward(Saved saved, DeviceBatch batch, BackwardStep step, Scratch scratch) {
    Tensor dQkv = scratch.dQueryKeyValue;
    output.projectBackward(
        shape,
        new ProjectionOps.Backward(
            step.dy(),
            saved.hOutput,
            batch.segments(),
            gradient(saved, scratch),
            rope.rotation(batch.positions())));
    queryNorm.ifPresent(
        head -> head.backward(query(dQkv), saved.query.orElseThrow(), scratch.dContext));
    keyNorm.ifPresent(head -> head.backward(key(dQkv), saved.key.orElseThrow(), scratch.dContext));
    RmsNormed input = norm.of(step.x(), saved.normed, saved.rstd);
    if (step.reach() == Reach.WEIGHTS) {
      queryKeyValue.backwardWeightsNormed(dQkv, input, saved.hQueryKeyValue);
      return;
    }
    queryKeyValue.backwardNormed(dQkv, input, saved.hQueryKeyValue, Write.SET, scratch.dNormed);
    norm.backward(scratch.dNormed, step.x(), saved.rstd, Write.ADD, step.dy());
  }

  private AttentionOperands operands(Saved saved) {
    Tensor qkv = saved.queryKeyValue;
    return new AttentionOperands(query(qkv), key(qkv), value(qkv), saved.context, saved.logSumExp);
  }

  private AttentionGradient gradient(Saved saved, Scratch scratch) {
    Tensor dQkv = scratch.dQueryKeyValue;
    return new AttentionGradient(
        operands(saved), scratch.dContext, query(dQkv), key(dQkv), value(dQkv), scratch.lent);
  }
}
