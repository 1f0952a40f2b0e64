package io.adapterworks.pass;

import io.adapterworks.engine.FrozenSource.WeightStorage;

/**
 * How a pass spends memory.
 *
 * @param weights how the base's linear layers are kept on the device
 * @param activations what forward keeps for backward
 */
public record PassOptions(WeightStorage weights, Activations activations) {
  /** Fastest: weights in the compute type, all activations kept. */
  public static final PassOptions DEFAULT =
      new PassOptions(WeightStorage.COMPUTE_TYPE, Activations.KEEP);

  /** What forward keeps for backward. */
  public enum Activations {
    /** Everything. */
    KEEP,
    /**
     * Only each layer's input; backward computes the rest again, for about a third more time. Chen
     * et al. 2016, arXiv:1604.06174.
     */
    RECOMPUTE
  }
}
