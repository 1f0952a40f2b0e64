package io.adapterworks.curate.dataset;

import io.adapterworks.error.Check;

/**
 * Whether and how training rows are varied.
 *
 * @param share the most of all training rows that may be varied ones
 * @param edits share of a row's words that an edit changes
 * @param trialEpochs epochs of each of the two trainings that decide whether they are kept
 */
public record AugmentationConfig(boolean enabled, double share, double edits, int trialEpochs) {
  public AugmentationConfig {
    Check.inRange("dataset.augmentation.share", share, 0.01, 0.2);
    Check.inRange("dataset.augmentation.edits", edits, 0.01, 0.5);
    Check.inRange("dataset.augmentation.trialEpochs", trialEpochs, 1, 100);
  }
}
