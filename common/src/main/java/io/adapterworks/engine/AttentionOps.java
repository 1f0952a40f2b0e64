package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;
import java.util.List;

/** Scaled dot-product attention within sequences, and rotary positions. */
public interface AttentionOps {
  /**
   * out = softmax(scale · q·kᵀ)·v for each head, each token over its own sequence. Vaswani et al.
   * 2017, arXiv:1706.03762; computed blockwise where that is faster, Dao et al. 2022,
   * arXiv:2205.14135. Where the shape has a dropout, v is weighted with dropout(softmax(…)).
   */
  void forward(AttentionShape shape, Segments segments, AttentionOperands tensors);

  /**
   * Sets dq, dk, dv (strided as q, k, v may be) from dOut(N, H·D) and what forward saw and set, its
   * dropout included.
   */
  void backward(AttentionShape shape, Segments segments, AttentionGradient gradient);

  /**
   * As {@link #backward}, of queries and keys that {@link #rotate} had rotated: sets the gradients
   * of what they were before.
   */
  default void backwardRotated(
      AttentionShape shape, Segments segments, AttentionGradient gradient, Rotary rotation) {
    backward(shape, segments, gradient);
    for (Tensor rotated : List.of(gradient.dq(), gradient.dk())) {
      rotateBack(rotated, shape.headDim(), rotation.table(), rotation.positions());
    }
  }

  /**
   * How far tokens were rotated.
   *
   * @param table as for {@link #rotate}
   * @param positions as for {@link #rotate}
   */
  record Rotary(Tensor table, Tensor positions) {}

  /**
   * Rotates pairs (i, i + D/2) of each head of x in place by the angle of the token's position. Su
   * et al. 2021, arXiv:2104.09864, in the layout of Hugging Face's Llama ("rotate half").
   *
   * @param x (N, heads·D), compute type; rows may be strided
   * @param table (positions, D), float32: cos of D/2 angles, then sin of the same
   * @param positions INT32 (N): each token's position in its sequence
   */
  void rotate(Tensor x, int headDim, Tensor table, Tensor positions);

  /**
   * {@link #rotate} of the queries and keys that a matrix of (N, (H + 2 · kvHeads) · D) begins
   * with.
   */
  default void rotate(AttentionShape shape, Tensor queryKeyValue, Rotary rotation) {
    Tensor rotated = queryKeyValue.columns(0, shape.rotatedWidth());
    rotate(rotated, shape.headDim(), rotation.table(), rotation.positions());
  }

  /** The inverse rotation, in place: the backward of {@link #rotate}. */
  void rotateBack(Tensor dx, int headDim, Tensor table, Tensor positions);
}
