package io.adapterworks.pass;

import io.adapterworks.error.Check;

/**
 * What a classifier's training minimises: cross entropy, and how far two passes over the same rows
 * with different dropout masks disagree.
 *
 * @param labelSmoothing ε, in [0, 1): targets (1 − ε)·onehot + ε/L (Szegedy et al. 2016,
 *     arXiv:1512.00567)
 * @param consistency weight of the disagreement, (KL(p‖q) + KL(q‖p)) / 2 (R-Drop, Wu et al. 2021,
 *     arXiv:2106.14448); 0 for one pass only, which takes half the time
 */
public record ClassificationObjective(double labelSmoothing, double consistency) {
  /** Plain cross entropy. */
  public static final ClassificationObjective CROSS_ENTROPY = new ClassificationObjective(0, 0);

  public ClassificationObjective {
    Check.inRange("training.labelSmoothing", labelSmoothing, 0, 0.9);
    Check.inRange("training.consistency", consistency, 0, 100);
  }

  /** Whether a training step passes over its rows twice. */
  public boolean isTwofold() {
    return consistency > 0;
  }
}
