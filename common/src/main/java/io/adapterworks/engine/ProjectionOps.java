package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/**
 * The products around attention, together with what lies between them and it: engines that have it
 * at hand while they multiply save the trips through memory. Vaswani et al. 2017, arXiv:1706.03762,
 * section 3.2.2.
 */
public interface ProjectionOps {
  /** One after the other, by the primitives of an engine. */
  static ProjectionOps of(LinearOps linear, AttentionOps attention) {
    return new SeparateProjectionOps(linear, attention);
  }

  /**
   * Operands of {@link #forward}, in the compute type; x and h as in {@link LinearOps#forward}.
   *
   * @param x (N, C)
   * @param h (N, totalRank), set
   * @param queryKeyValue (N, (H + 2 · kvHeads) · D): queries, keys and values side by side, set
   * @param rotation by which queries and keys turn, as {@link AttentionOps#rotate} has it
   */
  record Forward(Tensor x, Tensor h, Tensor queryKeyValue, AttentionOps.Rotary rotation) {}

  /** queryKeyValue = the layer of x with its pairs, of which queries and keys are then rotated. */
  void forward(FrozenLinear layer, LoraGroup lora, AttentionShape shape, Forward operands);

  /**
   * Operands of {@link #backward}, in the compute type.
   *
   * @param dy (N, C): the gradient of the layer's output, as in {@link LinearOps#backward}; spare
   *     columns are overwritten
   * @param h (N, totalRank), as in {@link LinearOps#backward}
   * @param segments the sequences, N tokens in all
   * @param gradient of attention, whose output was the layer's input and may have spare columns
   *     where the engine asks for them; its dOut is working memory, contiguous
   * @param rotation by which queries and keys had been rotated
   */
  record Backward(
      Tensor dy,
      Tensor h,
      Segments segments,
      AttentionGradient gradient,
      AttentionOps.Rotary rotation) {}

  /**
   * Sets the gradients of queries, keys and values, as they were before they were rotated, through
   * attention and the layer that follows it, and adds to the gradients of the layer's pairs.
   */
  void backward(FrozenLinear layer, LoraGroup lora, AttentionShape shape, Backward operands);
}
