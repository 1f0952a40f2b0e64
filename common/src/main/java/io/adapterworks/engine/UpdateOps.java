package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/** The optimizer's update on the device, for engines that would wait for the host's. */
public interface UpdateOps {
  /**
   * What a step changes. All of one length (P).
   *
   * @param values the parameters, float32
   * @param rounded set to the values in the compute type; may be {@code values} itself
   * @param mean first moment, float32
   * @param square second moment, float32
   */
  record State(Tensor values, Tensor rounded, Tensor mean, Tensor square) {}

  /**
   * values -= rate · (m̂ / (√v̂ + ε) + decay · values), moments of the clipped gradient.
   *
   * @param gradient (P), float32; not changed
   */
  void adamW(State state, Tensor gradient, AdamStep step);
}
