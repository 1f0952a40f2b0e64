package io.adapterworks.pass;

import io.adapterworks.adapter.ParameterLayout;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.Transpose;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.Tensor;

/** The trained linear layer from a pooled sequence to one score a class, in float32. */
final class ClassificationHead {
  private final Engine engine;
  private final Tensor weight;
  private final Tensor bias;
  private final Tensor dWeight;
  private final Tensor dBias;

  ClassificationHead(
      Engine engine, DeviceParameters parameters, ParameterLayout.HeadParameters head) {
    this.engine = engine;
    this.weight = parameters.value(head.weight());
    this.bias = parameters.value(head.bias());
    this.dWeight = parameters.gradient(head.weight());
    this.dBias = parameters.gradient(head.bias());
  }

  /** L. */
  int classes() {
    return Math.toIntExact(weight.rows());
  }

  /** logits(S, L) = pooled(S, C)·Wᵀ + b, set. */
  void forward(Tensor pooled, Tensor logits) {
    engine.linear().product(pooled, Transpose.NO, weight, Transpose.YES, Write.SET, logits);
    engine.linear().addBias(bias, logits);
  }

  /** dW += dLogitsᵀ·pooled, db += Σ dLogits, dPooled(S, C) set to dLogits·W. */
  void backward(Tensor dLogits, Tensor pooled, Tensor dPooled) {
    engine.linear().product(dLogits, Transpose.YES, pooled, Transpose.NO, Write.ADD, dWeight);
    engine.linear().sumRows(dLogits, Write.ADD, dBias);
    engine.linear().product(dLogits, Transpose.NO, weight, Transpose.NO, Write.SET, dPooled);
  }
}
