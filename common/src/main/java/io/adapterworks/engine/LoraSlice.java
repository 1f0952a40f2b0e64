package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Tensor;

/**
 * One pair of LoRA factors on a range of a linear layer's outputs: y[:, outOffset : outOffset +
 * out] += scale · dropout(x) · Aᵀ · Bᵀ. Hu et al. 2021, arXiv:2106.09685.
 *
 * @param outOffset first output column the pair adds to
 * @param a A(r, in) in the compute type
 * @param b B(out, r) in the compute type
 * @param dA gradient of A(r, in), float32; added to by backward
 * @param dB gradient of B(out, r), float32; added to by backward
 * @param scale alpha / r, or alpha / √r when rank-stabilised
 */
public record LoraSlice(int outOffset, Tensor a, Tensor b, Tensor dA, Tensor dB, float scale) {
  public LoraSlice {
    Check.that(
        a.rows() == b.columns(),
        ErrorCode.MODEL,
        "LoRA factors A%s and B%s differ in rank",
        a.shape(),
        b.shape());
    Check.that(
        dA.shape().equals(a.shape()) && dB.shape().equals(b.shape()),
        ErrorCode.MODEL,
        "LoRA gradients %s and %s do not have their factors' shapes %s and %s",
        dA.shape(),
        dB.shape(),
        a.shape(),
        b.shape());
  }

  public int rank() {
    return Math.toIntExact(a.rows());
  }

  /** Width of the output range. */
  public int out() {
    return Math.toIntExact(b.rows());
  }
}
