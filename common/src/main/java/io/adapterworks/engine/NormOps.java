package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/**
 * Normalisation with frozen weights. {@code gamma} and {@code beta} are FLOAT32 (C). No gradients
 * of weights: they are frozen.
 */
public interface NormOps {
  /**
   * y = (x − mean) / √(variance + eps) · gamma + beta, each row. Ba et al. 2016, arXiv:1607.06450.
   *
   * @param x (N, C), compute type
   * @param stats (N, 2), float32: set to mean and 1/√(variance + eps) of each row, for backward
   */
  void layerNormForward(Tensor x, Tensor gamma, Tensor beta, float epsilon, Tensor y, Tensor stats);

  /** dx = or += the gradient of {@link #layerNormForward} for dy(N, C). */
  void layerNormBackward(Tensor dy, Tensor x, Tensor gamma, Tensor stats, Write write, Tensor dx);

  /**
   * y = x / √(mean(x²) + eps) · gamma, each row. Zhang and Sennrich 2019, arXiv:1910.07467.
   *
   * @param x (N, C), compute type; rows may be strided, as may those of y
   * @param rstd (N), float32: set to 1/√(mean(x²) + eps) of each row, for backward
   */
  void rmsNormForward(Tensor x, Tensor gamma, float epsilon, Tensor y, Tensor rstd);

  /**
   * dx = or += the gradient of {@link #rmsNormForward} for dy(N, C); where it is set it may be x.
   */
  void rmsNormBackward(Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Write write, Tensor dx);
}
