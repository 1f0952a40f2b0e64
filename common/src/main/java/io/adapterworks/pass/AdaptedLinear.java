package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.GatedOps;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.Tensor;

/** A frozen linear layer (or several stacked ones) with the LoRA pairs that sit on it. */
record AdaptedLinear(Engine engine, FrozenLinear frozen, DeviceParameters.LoraSites sites) {
  boolean isAdapted() {
    return !sites.inference().isEmpty();
  }

  int totalRank() {
    return sites.inference().totalRank();
  }

  /** Spare columns that x and dy should have here. */
  int spareColumns() {
    return engine.linear().spareColumns(totalRank());
  }

  void forward(PassMode mode, Tensor x, Tensor h, Tensor y) {
    engine.linear().forward(frozen, sites.in(mode), x, h, y);
  }

  void forwardWithResidual(PassMode mode, Tensor x, Tensor h, Tensor residual, Tensor y) {
    engine.linear().forwardWithResidual(frozen, sites.in(mode), x, h, residual, y);
  }

  /** As {@link GatedOps#forward}. */
  void gatedForward(PassMode mode, GatedOps.Forward operands) {
    engine.gated().forward(frozen, sites.in(mode), operands);
  }

  /** As {@link GatedOps#backward}. */
  void gatedBackward(GatedOps.Backward operands) {
    engine.gated().backward(frozen, sites.training(), operands);
  }

  void backward(Tensor dy, Tensor x, Tensor h, Write write, Tensor dx) {
    engine.linear().backward(frozen, sites.training(), dy, x, h, write, dx);
  }

  void backwardWeights(Tensor dy, Tensor x, Tensor h) {
    if (isAdapted()) {
      engine.linear().backwardWeights(sites.training(), dy, x, h);
    }
  }
}
