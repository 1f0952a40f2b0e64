package io.adapterworks.pass;

import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.Tensor;
import java.util.Optional;

/** y = residual + dropout(linear(x)): how a block of an encoder ends. */
record ResidualBranch(Engine engine, AdaptedLinear linear, Optional<Dropout> dropout) {
  /** Sets {@code y}; {@code h} is for backward, as in {@link AdaptedLinear#forward}. */
  void forward(PassMode mode, Tensor x, Tensor h, Tensor residual, Tensor y) {
    if (dropout.isEmpty() || mode == PassMode.INFERENCE) {
      linear.forwardWithResidual(mode, x, h, residual, y);
      return;
    }
    linear.forward(mode, x, h, y);
    engine.activation().dropout(y, dropout.get(), y);
    engine.transfer().addScaled(residual, 1, y);
  }

  /**
   * Sets {@code dx}, the gradient of the linear layer's input, and adds to those of A and B. The
   * residual's gradient is dy itself.
   *
   * @param dropped room for dropout's gradient, shaped as dy; not touched without dropout
   */
  void backward(Tensor dy, Tensor x, Tensor h, Tensor dropped, Tensor dx) {
    dropout.ifPresent(drop -> engine.activation().dropout(dy, drop, dropped));
    linear.backward(dropout.isPresent() ? dropped : dy, x, h, Write.SET, dx);
  }
}
