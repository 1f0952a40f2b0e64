package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/** Losses that give value and gradient in one call. */
public interface LossOps {
  /** A label that is not scored, as in PyTorch. */
  int IGNORED = -100;

  /**
   * Cross entropy of softmax(logits) for integer labels, and its gradient.
   *
   * @param logits (S, L), float32
   * @param labels INT32 (S), in [0, L) or {@link #IGNORED}
   * @param smoothing label smoothing ε in [0, 1): targets (1 − ε)·onehot + ε/L (Szegedy et al.
   *     2016, arXiv:1512.00567)
   * @param scale multiplies loss and gradient; 1/scored for the mean
   * @param dLogits (S, L), float32, set
   * @param loss (1), float32: scale · Σ loss is added
   */
  void softmaxCrossEntropy(
      Tensor logits, Tensor labels, float smoothing, float scale, Tensor dLogits, Tensor loss);

  /**
   * Cross entropy over a vocabulary without holding the logits: x·Wᵀ is made in chunks of rows, and
   * each chunk yields its loss and its gradient at once.
   *
   * @param head W(V, C), the frozen vocabulary projection
   * @param room compute type, contiguous: memory that nobody needs meanwhile, as much as {@link
   *     #vocabularyRoom} says for the rows of a chunk
   */
  void vocabularyCrossEntropy(FrozenLinear head, Scored scored, Tensor room);

  /**
   * The tokens of {@link #vocabularyCrossEntropy}.
   *
   * @param x (N, C), compute type
   * @param labels INT32 (N), already shifted: the token that row n should predict, or {@link
   *     #IGNORED}
   * @param scale multiplies loss and gradient
   * @param dx (N, C), compute type, set; rows that are not scored are 0; may be x
   * @param loss (2), float32: [0] gets scale · Σ loss added; [1] gets the number of scored rows
   *     added whose highest logit is the label
   */
  record Scored(Tensor x, Tensor labels, float scale, Tensor dx, Tensor loss) {}

  /**
   * Elements of the compute type that {@link #vocabularyCrossEntropy} needs to take so many rows at
   * a time; 0 where the engine has memory of its own.
   */
  default long vocabularyRoom(FrozenLinear head, long rows) {
    return 0;
  }
}
