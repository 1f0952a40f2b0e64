package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/**
 * The products around a SwiGLU, together with it: engines that have it at hand while they multiply
 * save the trips through memory. Shazeer 2020, arXiv:2002.05202.
 */
public interface GatedOps {
  /** One after the other, by the primitives of an engine. */
  static GatedOps of(LinearOps linear, ActivationOps activation) {
    return new SeparateGatedOps(linear, activation);
  }

  /**
   * Operands of {@link #forward}, in the compute type; all but h may have spare columns where the
   * engine asks for them.
   *
   * @param x (N, C), as in {@link LinearOps#forward}
   * @param h (N, totalRank), as in {@link LinearOps#forward}
   * @param gateUp (N, 2F): [gate | up], set
   * @param activated (N, F): silu(gate) · up, set
   */
  record Forward(Tensor x, Tensor h, Tensor gateUp, Tensor activated) {}

  /** gateUp = the layer of x with its pairs; activated = silu(gate) · up. */
  void forward(FrozenLinear layer, LoraGroup lora, Forward operands);

  /**
   * Operands of {@link #backward}, in the compute type; dy, activated and gateUp may have spare
   * columns where the engine asks for them.
   *
   * @param dy (N, C): the gradient of the layer's output; spare columns are overwritten
   * @param activated (N, F): the layer's input in forward; read where it has pairs
   * @param h (N, totalRank), as in {@link LinearOps#backward}
   * @param dActivated (N, F): working memory, which may be {@code activated} where the layer has no
   *     pairs
   * @param gateUp (N, 2F): forward's gate and up, overwritten by their gradients
   */
  record Backward(Tensor dy, Tensor activated, Tensor h, Tensor dActivated, Tensor gateUp) {}

  /**
   * Turns gateUp into its gradient through the activation and the layer that follows it, and adds
   * to the gradients of the layer's pairs.
   */
  void backward(FrozenLinear layer, LoraGroup lora, Backward operands);
}
