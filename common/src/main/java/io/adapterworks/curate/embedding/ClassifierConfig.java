package io.adapterworks.curate.embedding;

import io.adapterworks.error.Check;

/**
 * How a linear classifier is fitted on embeddings.
 *
 * @param regularisation factor on half the squared norm of the weights, beside the mean loss
 * @param iterations the most L-BFGS steps
 * @param tolerance stop when a step changes the loss by less than this share
 */
public record ClassifierConfig(double regularisation, int iterations, double tolerance) {
  public ClassifierConfig {
    Check.inRange("classifier.regularisation", regularisation, 0, 10);
    Check.inRange("classifier.iterations", iterations, 1, 10_000);
    Check.inRange("classifier.tolerance", tolerance, 0, 1);
  }
}
