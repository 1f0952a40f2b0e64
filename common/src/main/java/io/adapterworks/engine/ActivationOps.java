package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/** Element-wise functions. All tensors are of the compute type and contiguous. */
public interface ActivationOps {
  /** y = x · Φ(x), the exact (erf) form. Hendrycks and Gimpel 2016, arXiv:1606.08415. */
  void geluForward(Tensor x, Tensor y);

  /** dx = dy · gelu′(x). */
  void geluBackward(Tensor dy, Tensor x, Tensor dx);

  /** y = tanh(x). */
  void tanhForward(Tensor x, Tensor y);

  /** dx = dy · (1 − y²), from forward's output y. */
  void tanhBackward(Tensor dy, Tensor y, Tensor dx);

  /**
   * y(N, F) = silu(gate) · up, with gateUp(N, 2F) = [gate | up]; both may have spare columns where
   * the engine asks for them. Shazeer 2020, arXiv:2002.05202.
   */
  void swiGluForward(Tensor gateUp, Tensor y);

  /** dGateUp(N, 2F) for dy(N, F); dGateUp may be gateUp itself, spare columns as in forward. */
  void swiGluBackward(Tensor dy, Tensor gateUp, Tensor dGateUp);

  /**
   * y = dropout(x); see {@link Dropout}. Applied to dy, it is its own backward. y may be x itself.
   */
  void dropout(Tensor x, Dropout dropout, Tensor y);
}
