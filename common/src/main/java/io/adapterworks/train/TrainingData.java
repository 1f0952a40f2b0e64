package io.adapterworks.train;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tokenize.TokenRow;
import java.io.Serializable;
import java.util.List;

/**
 * What an adapter learns from.
 *
 * @param training at least one row
 * @param validation rows that decide when to stop; may be empty, then every epoch is run
 */
public record TrainingData(List<TokenRow> training, List<TokenRow> validation)
    implements Serializable {
  public TrainingData {
    training = List.copyOf(training);
    validation = List.copyOf(validation);
    Check.that(
        !training.isEmpty(),
        ErrorCode.INPUT,
        "the training split has no rows; check the curated table and its rejects");
  }

  /** Optimizer steps of one epoch. */
  public int stepsPerEpoch(int batchSize) {
    return (training.size() + batchSize - 1) / batchSize;
  }
}
