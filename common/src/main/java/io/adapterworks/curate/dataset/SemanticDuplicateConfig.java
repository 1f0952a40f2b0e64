package io.adapterworks.curate.dataset;

import io.adapterworks.error.Check;

/**
 * When two texts of one label say the same.
 *
 * @param enabled whether they are looked for
 * @param threshold cosine of their embeddings from which on they do
 */
public record SemanticDuplicateConfig(boolean enabled, double threshold) {
  public SemanticDuplicateConfig {
    Check.inRange("dataset.semanticDuplicates.threshold", threshold, 0.5, 1);
  }
}
