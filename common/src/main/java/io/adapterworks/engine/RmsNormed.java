package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/**
 * The input of a linear layer that {@link NormOps#rmsNormForward} made: gamma · rstd · raw, each
 * row with its own rstd. It need not be kept for backward, since it can be made again.
 *
 * @param raw (N, in): what was normalised
 * @param gamma FLOAT32 (in)
 * @param rstd FLOAT32 (N)
 * @param normed (N, in): memory for the input
 */
public record RmsNormed(
    NormOps norm, Tensor raw, Tensor gamma, float epsilon, Tensor rstd, Tensor normed) {
  /** Makes the input again. */
  public Tensor again() {
    norm.rmsNormForward(raw, gamma, epsilon, normed, rstd);
    return normed;
  }
}
