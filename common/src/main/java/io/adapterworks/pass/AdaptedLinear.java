package io.adapterworks.pass;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.GatedOps;
import io.adapterworks.engine.LinearOps;
import io.adapterworks.engine.ProjectionOps;
import io.adapterworks.engine.RmsNormed;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.Tensor;
import java.util.Optional;

/**
 * A frozen linear layer (or several stacked ones) with the LoRA pairs that sit on it.
 *
 * @param magnitudes under DoRA; {@code frozen} then has no bias of its own
 */
record AdaptedLinear(
    Engine engine,
    FrozenLinear frozen,
    DeviceParameters.LoraSites sites,
    Optional<Magnitudes> magnitudes) {
  boolean isAdapted() {
    return !sites.inference().isEmpty();
  }

  int totalRank() {
    return sites.inference().totalRank();
  }

  /** Spare columns that x and dy should have here. */
  int spareColumns() {
    return magnitudes.isPresent() ? 0 : engine.linear().spareColumns(totalRank());
  }

  void forward(PassMode mode, Tensor x, Tensor h, Tensor y) {
    if (magnitudes.isPresent()) {
      magnitudes.get().forward(sites, mode, new Magnitudes.Sides(x, h, y), Write.SET);
      return;
    }
    engine.linear().forward(frozen, sites.in(mode), x, h, y);
  }

  void forwardWithResidual(PassMode mode, Tensor x, Tensor h, Tensor residual, Tensor y) {
    if (magnitudes.isPresent()) {
      engine.transfer().cast(residual, y);
      magnitudes.get().forward(sites, mode, new Magnitudes.Sides(x, h, y), Write.ADD);
      return;
    }
    engine.linear().forwardWithResidual(frozen, sites.in(mode), x, h, residual, y);
  }

  /** As {@link GatedOps#forward}. */
  void gatedForward(PassMode mode, GatedOps.Forward operands) {
    if (magnitudes.isPresent()) {
      forward(mode, operands.x(), operands.h(), operands.gateUp());
      engine.activation().swiGluForward(operands.gateUp(), operands.activated());
      return;
    }
    engine.gated().forward(frozen, sites.in(mode), operands);
  }

  /** As {@link GatedOps#backward}. */
  void gatedBackward(GatedOps.Backward operands) {
    if (magnitudes.isPresent()) {
      Tensor dActivated = operands.dActivated();
      backward(operands.dy(), operands.activated(), operands.h(), Write.SET, dActivated);
      engine.activation().swiGluBackward(dActivated, operands.gateUp(), operands.gateUp());
      return;
    }
    engine.gated().backward(frozen, sites.training(), operands);
  }

  /** As {@link ProjectionOps#forward}. */
  void projectForward(PassMode mode, AttentionShape shape, ProjectionOps.Forward operands) {
    if (magnitudes.isPresent()) {
      forward(mode, operands.x(), operands.h(), operands.queryKeyValue());
      engine.attention().rotate(shape, operands.queryKeyValue(), operands.rotation());
      return;
    }
    engine.projection().forward(frozen, sites.in(mode), shape, operands);
  }

  /** As {@link ProjectionOps#backward}. */
  void projectBackward(AttentionShape shape, ProjectionOps.Backward operands) {
    if (magnitudes.isPresent()) {
      AttentionGradient gradient = operands.gradient();
      Tensor out = gradient.forward().out();
      backward(operands.dy(), out, operands.h(), Write.SET, gradient.dOut());
      engine.attention().backwardRotated(shape, operands.segments(), gradient, operands.rotation());
      return;
    }
    engine.projection().backward(frozen, sites.training(), shape, operands);
  }

  void backward(Tensor dy, Tensor x, Tensor h, Write write, Tensor dx) {
    if (magnitudes.isPresent()) {
      magnitudes.get().backward(sites, new Magnitudes.Sides(x, h, dy), write, dx);
      return;
    }
    engine.linear().backward(frozen, sites.training(), dy, x, h, write, dx);
  }

  /** As {@link LinearOps#backwardNormed}. */
  void backwardNormed(Tensor dy, RmsNormed x, Tensor h, Write write, Tensor dx) {
    if (magnitudes.isPresent()) {
      backward(dy, x.again(), h, write, dx);
      return;
    }
    engine.linear().backwardNormed(frozen, sites.training(), dy, x, h, write, dx);
  }

  /** As {@link LinearOps#backwardWeightsNormed}. */
  void backwardWeightsNormed(Tensor dy, RmsNormed x, Tensor h) {
    if (magnitudes.isPresent()) {
      backwardWeights(dy, x.again(), h);
      return;
    }
    engine.linear().backwardWeightsNormed(sites.training(), dy, x, h);
  }

  void backwardWeights(Tensor dy, Tensor x, Tensor h) {
    if (magnitudes.isPresent()) {
      magnitudes.get().backwardWeights(sites, new Magnitudes.Sides(x, h, dy));
    } else if (isAdapted()) {
      engine.linear().backwardWeights(sites.training(), dy, x, h);
    }
  }
}
