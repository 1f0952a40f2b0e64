package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/** {@link ProjectionOps} one primitive after the other. */
record SeparateProjectionOps(LinearOps linear, AttentionOps attention) implements ProjectionOps {
  @Override
  public void forward(FrozenLinear layer, LoraGroup lora, AttentionShape shape, Forward operands) {
    linear.forward(layer, lora, operands.x(), operands.h(), operands.queryKeyValue());
    attention.rotate(shape, operands.queryKeyValue(), operands.rotation());
  }

  @Override
  public void backward(
      FrozenLinear layer, LoraGroup lora, AttentionShape shape, Backward operands) {
    AttentionGradient gradient = operands.gradient();
    Tensor out = gradient.forward().out();
    linear.backward(layer, lora, operands.dy(), out, operands.h(), Write.SET, gradient.dOut());
    attention.backwardRotated(shape, operands.segments(), gradient, operands.rotation());
  }
}
