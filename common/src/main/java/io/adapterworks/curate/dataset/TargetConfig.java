package io.adapterworks.curate.dataset;

import io.adapterworks.error.Check;

/**
 * How large a dataset is.
 *
 * @param size the most rows to train on
 * @param heldOut the most rows of validation, and of test
 * @param candidates rows to train on that are looked at closely; of a larger pool a fixed sample
 * @param cellSize about as many rows lie in one cell of the embedding space
 */
public record TargetConfig(int size, int heldOut, int candidates, int cellSize) {
  public TargetConfig {
    Check.positive("dataset.target.size", size);
    Check.positive("dataset.target.heldOut", heldOut);
    Check.inRange("dataset.target.candidates", candidates, size, 1_000_000);
    Check.inRange("dataset.target.cellSize", cellSize, 10, 100_000);
  }
}
