package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/** Matrix products: frozen layers with LoRA on top, and small dense products for trained heads. */
public interface LinearOps {
  /** Copies frozen weights to the device, in the form this engine multiplies fastest. */
  FrozenLinear freeze(FrozenSource source);

  /**
   * How many {@link Tensor#spareColumns spare columns} x and dy of a layer with pairs of this total
   * rank should have: with them the low-rank part is computed within the base product. Without them
   * the same is computed in more passes.
   */
  default int spareColumns(int totalRank) {
    return 0;
  }

  /**
   * y(N, out) = x·Wᵀ + bias, plus scale · dropout(x)·Aᵀ·Bᵀ on each slice's columns. Hu et al. 2021.
   *
   * @param x (N, in), compute type, contiguous but for spare columns, which are overwritten
   * @param h (N, totalRank), compute type: set to dropout(x)·Aᵀ of all slices side by side, without
   *     scale, for {@link #backward}; not touched when the group is empty
   * @param y (N, out), compute type, contiguous
   */
  void forward(FrozenLinear layer, LoraGroup lora, Tensor x, Tensor h, Tensor y);

  /** As {@link #forward}, with y = residual + …; {@code residual} (N, out) may be y itself. */
  void forwardWithResidual(
      FrozenLinear layer, LoraGroup lora, Tensor x, Tensor h, Tensor residual, Tensor y);

  /**
   * dB += scale · dyᵀ·h; dA += (scale · dy·B)ᵀ·dropout(x); dx = or += dy·W + dropoutᵀ(scale ·
   * dy·B·A).
   *
   * @param dy (N, out), compute type, contiguous but for spare columns, which are overwritten
   * @param x (N, in): forward's input
   * @param h (N, totalRank): forward's low-rank activations
   * @param dx (N, in), compute type, contiguous
   */
  void backward(
      FrozenLinear layer, LoraGroup lora, Tensor dy, Tensor x, Tensor h, Write write, Tensor dx);

  /**
   * As {@link #backward}, where nobody needs dx: only dA and dB are added to. For the first layer
   * that carries an adapter.
   */
  void backwardWeights(LoraGroup lora, Tensor dy, Tensor x, Tensor h);

  /**
   * As {@link #backward}, of an input that was normalised. It is made again only where the
   * gradients cannot be had without: dA = gamma ⊙ ((scale · rstd ⊙ dy·B)ᵀ·raw).
   */
  default void backwardNormed(
      FrozenLinear layer,
      LoraGroup lora,
      Tensor dy,
      RmsNormed x,
      Tensor h,
      Write write,
      Tensor dx) {
    backward(layer, lora, dy, lora.isEmpty() ? x.normed() : x.again(), h, write, dx);
  }

  /** As {@link #backwardWeights}, of an input that was normalised. */
  default void backwardWeightsNormed(LoraGroup lora, Tensor dy, RmsNormed x, Tensor h) {
    if (!lora.isEmpty()) {
      backwardWeights(lora, dy, x.again(), h);
    }
  }

  /**
   * c = or += op(a)·op(b), accumulated in float32. Any mix of FLOAT32 and compute type; rows may be
   * strided. For trained heads and small products, not for frozen layers.
   */
  void product(Tensor a, Transpose opA, Tensor b, Transpose opB, Write write, Tensor c);

  /** y(N, C) += bias(C), each row. */
  void addBias(Tensor bias, Tensor y);

  /** sums(C) = or += the sum over rows of x(N, C); sums is float32. The gradient of a bias. */
  void sumRows(Tensor x, Write write, Tensor sums);

  /**
   * y(N, C) = or += x(N, C) with each column multiplied by its scale.
   *
   * @param x FLOAT32 or compute type, as y; rows may be strided
   * @param scales FLOAT32 (C)
   */
  void scaleColumns(Tensor x, Tensor scales, Write write, Tensor y);

  /**
   * sums(C) = or += the sum over rows of a(N, C) · b(N, C); sums is float32. The gradient of
   * columns' scales.
   */
  void sumRowProducts(Tensor a, Tensor b, Write write, Tensor sums);
}
