package io.adapterworks.engine;

/** {@link GatedOps} one primitive after the other. */
record SeparateGatedOps(LinearOps linear, ActivationOps activation) implements GatedOps {
  @Override
  public void forward(FrozenLinear layer, LoraGroup lora, Forward operands) {
    linear.forward(layer, lora, operands.x(), operands.h(), operands.gateUp());
    activation.swiGluForward(operands.gateUp(), operands.activated());
  }

  @Override
  public void backward(FrozenLinear layer, LoraGroup lora, Backward operands) {
    linear.backward(
        layer,
        lora,
        operands.dy(),
        operands.activated(),
        operands.h(),
        Write.SET,
        operands.dActivated());
    activation.swiGluBackward(operands.dActivated(), operands.gateUp(), operands.gateUp());
  }
}
