package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
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
  private final int hidden;
  private final int intermediate;
  private final FrozenRmsNorm norm;
  private final AdaptedLinear gateUp;
  private final AdaptedLinear down;

  LlamaFeedForward(Engine engine, BaseModel base, LinearLoader linear, LayerPlace place) {
    LlamaConfig config = (LlamaConfig) base.config();
    String layer = config.layerPrefix(base.prefix(), place.index());
    this.engine = engine;
    this.hidden = config.hidden();
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

  /** What forward leaves for backward. All (N, …), in the compute type but for float32 rstd. */
  record Saved(
      Tensor normed, Tensor rstd, Tensor hGateUp, Tensor gateUp, Tensor activated, Tensor hDown) {}

  Saved allocate(long n, TensorScope scope) {
    DType type = engine.computeType();
    return new Saved(
        scope.allocate(type, n, hidden),
        scope.allocate(DType.FLOAT32, n),
        scope.allocate(type, n, gateUp.totalRank()),
        scope.allocate(type, n, 2L * intermediate),
        scope.allocate(type, n, intermediate),
        scope.allocate(type, n, down.totalRank()));
  }

  /** Sets y(N, C) from x(N, C), and what {@code saved} holds. */
  void forward(PassMode mode, Tensor x, Saved saved, Tensor y) {
    norm.forward(x, saved.normed, saved.rstd);
    gateUp.forward(mode, saved.normed, saved.hGateUp, saved.gateUp);
    engine.activation().swiGluForward(saved.gateUp, saved.activated);
    down.forwardWithResidual(mode, saved.activated, saved.hDown, x, y);
  }

  /** Memory that the backward passes of all layers share. */
  record Scratch(Tensor dNormed, Tensor dActivated, Tensor dGateUp) {}

  /**
   * @param dNormed (N, C), which may be shared with another scratch that is not in use
   */
  Scratch allocateScratch(Tensor dNormed, TensorScope scope) {
    DType type = engine.computeType();
    long n = dNormed.rows();
    return new Scratch(
        dNormed, scope.allocate(type, n, intermediate), scope.allocate(type, n, 2L * intermediate));
  }

  /** Adds the gradients of A and B; turns dy(N, C) into dx(N, C), in place. */
  void backward(Saved saved, Tensor x, Tensor dy, Scratch scratch) {
    down.backward(dy, saved.activated, saved.hDown, Write.SET, scratch.dActivated);
    engine.activation().swiGluBackward(scratch.dActivated, saved.gateUp, scratch.dGateUp);
    gateUp.backward(scratch.dGateUp, saved.normed, saved.hGateUp, Write.SET, scratch.dNormed);
    norm.backward(scratch.dNormed, x, saved.rstd, Write.ADD, dy);
  }
}
