package io.adapterworks.curate.review;

import io.adapterworks.curate.embedding.ClassifierConfig;
import io.adapterworks.error.Check;

/**
 * How wrong labels are looked for.
 *
 * @param enabled whether they are
 * @param folds parts of the data; each is judged by a classifier fitted on the others
 * @param classifier the classifier on embeddings
 */
public record LabelReviewConfig(boolean enabled, int folds, ClassifierConfig classifier) {
  public LabelReviewConfig {
    Check.inRange("dataset.labelReview.folds", folds, 2, 50);
  }
}
