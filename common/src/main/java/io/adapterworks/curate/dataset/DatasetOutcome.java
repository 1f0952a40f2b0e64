package io.adapterworks.curate.dataset;

import java.util.Map;

/** What making a dataset did. */
public sealed interface DatasetOutcome {
  /** Version of dataset_examples. */
  long version();

  /**
   * A dataset was made.
   *
   * @param training rows to train on
   * @param heldOut rows of validation and test
   * @param underReview rows whose label waits for a person
   * @param droppedByStep training rows left out, by step and rule
   */
  record Made(
      long version,
      int training,
      long heldOut,
      int underReview,
      Map<String, Map<String, Integer>> droppedByStep)
      implements DatasetOutcome {}

  /** The dataset of this input and these settings is there. */
  record NothingNew(long version) implements DatasetOutcome {}
}
