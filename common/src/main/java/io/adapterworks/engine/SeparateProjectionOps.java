package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/** {@link ProjectionOps} one primitive after the other. */
record SeparateProjectionOps(LinearOps linear, AttentionOps attention) implements ProjectionOps {
  @Override
  public void forward(FrozenLinear layer, LoraGroup lora, AttentionShape shape, Forward operands) {
    Tensor queryKeyValue = operands.queryKeyValue();
    linear.forward(layer, lora, operands.x(), operands.h(), queryKeyValue);
    AttentionOps.Rotary rotation = operands.rotation();
    attention.rotate(
        queryKeyValue.columns(0, shape.rotatedWidth()),
        shape.headDim(),
        rotation.table(),
        rotation.positions());
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
