package io.adapterworks.curate.review;

import io.adapterworks.curate.embedding.ClassifierConfig;
import io.adapterworks.error.Check;

/**
 * How wrong labels are looked for.
 *
 * @param enabled whether they are
 * @param threshold suspicion from which on a row is up for review
 * @param folds parts of the data; each is judged by a classifier fitted on the others
 * @param classifier the classifier on embeddings
 */
public record LabelReviewConfig(
    boolean enabled, double threshold, int folds, ClassifierConfig classifier) {
  public LabelReviewConfig {
    Check.inRange("dataset.labelReview.threshold", threshold, 0, 1);
    Check.inRange("dataset.labelReview.folds", folds, 2, 50);
  }
}
