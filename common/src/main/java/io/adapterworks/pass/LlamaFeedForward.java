package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.GatedOps;
import io.adapterworks.engine.RmsNormed;
import io.adapterworks.engine.Write;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;

/**
 * The second half of a decoder layer: y = x + down(silu(gate(n)) · up(n)), n = norm(x). Gate and up
 * are one product. Shazeer 2020, arXiv:2002.05202.
 */
final class LlamaFeedForward {
  private final Engine engine;
  private final int intermediate;
  private final FrozenRmsNorm norm;
  private final AdaptedLinear gateUp;
  private final AdaptedLinear down;

  LlamaFeedForward(Engine engine, BaseModel base, LinearLoader linear, LayerPlace place) {
    LlamaConfig config = (LlamaConfig) base.config();
    String layer = config.layerPrefix(base.prefix(), place.index());
    this.engine = engine;
    this.intermediate = config.intermediate();
    this.norm =
        FrozenRmsNorm.load(
            engine,
            place.weights(),
            base,
            layer + "post_attention_layernorm",
            config.rmsNormEpsilon());
    this.gateUp = linear.stacked(List.of(layer + "mlp.gate_proj", layer + "mlp.up_proj"));
    this.down = linear.single(layer + "mlp.down_proj");
  }

  boolean isAdapted() {
    return gateUp.isAdapted() || down.isAdapted();
  }

  /** True if backward needs what went into, or comes out of, the last product again. */
  boolean isOutputAdapted() {
    return down.isAdapted();
  }

  /** What forward leaves for backward. All (N, …), in the compute type but for float32 rstd. */
  record Saved(
      Tensor normed, Tensor rstd, Tensor hGateUp, Tensor gateUp, Tensor activated, Tensor hDown) {
    /** Contiguous memory whose content {@link #backward} has used up. */
    Tensor usedUp() {
      return gateUp.withSpare(gateUp.spareColumns());
    }
  }

  /** F, the width between up and down. */
  int width() {
    return intermediate;
  }

  Saved allocate(LlamaLayer.Inputs inputs, TensorScope scope) {
    DType type = engine.computeType();
    long n = inputs.normed().rows();
    return new Saved(
        inputs.normed(),
        scope.allocate(DType.FLOAT32, n),
        scope.allocate(type, n, gateUp.totalRank()),
        scope
            .allocate(type, n, 2L * intermediate + gateUp.spareColumns())
            .sparing(gateUp.spareColumns()),
        inputs.activated(),
        scope.allocate(type, n, down.totalRank()));
  }

  /** As {@link #allocate}, in another layer's memory but for what depends on this one's ranks. */
  Saved share(Saved other, TensorScope scope) {
    DType type = engine.computeType();
    long n = other.normed.rows();
    return new Saved(
        other.normed,
        other.rstd,
        scope.allocate(type, n, gateUp.totalRank()),
        other.gateUp,
        other.activated,
        scope.allocate(type, n, down.totalRank()));
  }

  /** Sets y(N, C) from x(N, C), and what {@code saved} holds. */
  void forward(PassMode mode, Tensor x, Saved saved, Tensor y) {
    activate(mode, x, saved);
    down.forwardWithResidual(mode, saved.activated, saved.hDown, x, y);
  }

  /** Sets everything up to the last product's input. */
  private void activate(PassMode mode, Tensor x, Saved saved) {
    norm.forward(x, saved.normed, saved.rstd);
    gateUp.gatedForward(
        mode, new GatedOps.Forward(saved.normed, saved.hGateUp, saved.gateUp, saved.activated));
  }

  /** Spare columns that the normalised input needs. */
  int inputSpare() {
    return gateUp.spareColumns();
  }

  /** Spare columns that the activations and the gradient of the output need. */
  int outputSpare() {
    return down.spareColumns();
  }

  /** Sets again what {@link #forward} left and backward needs; y is not computed. */
  void restore(Tensor x, Saved saved) {
    activate(PassMode.TRAINING, x, saved);
  }

  /**
   * Memory that the backward passes of all layers share.
   *
   * @param dNormed (N, C), which may be shared with another scratch that is not in use
   * @param dActivated (N, F), which may be forward's activations where no adapter needs them
   */
  record Scratch(Tensor dNormed, Tensor dActivated) {}

  /**
   * Adds the gradients of A and B; turns dy(N, C) into dx(N, C), in place. Uses up what forward
   * left.
   */
  void backward(Saved saved, Tensor x, Tensor dy, Scratch scratch) {
    if (down.isAdapted()) {
      engine.activation().swiGluForward(saved.gateUp, saved.activated);
    }
    Tensor dGateUp = saved.gateUp;
    down.gatedBackward(
        new GatedOps.Backward(dy, saved.activated, saved.hDown, scratch.dActivated, dGateUp));
    RmsNormed input = norm.of(x, saved.normed, saved.rstd);
    gateUp.backwardNormed(dGateUp, input, saved.hGateUp, Write.SET, scratch.dNormed);
    norm.backward(scratch.dNormed, x, saved.rstd, Write.ADD, dy);
  }
}
