package io.adapterworks.train;

import java.io.Serializable;
import java.time.Duration;

/**
 * What one epoch led to.
 *
 * @param epoch from 0
 * @param step the last step of the epoch, from 1
 * @param trainingLoss mean over the epoch's steps, dropout on
 * @param validationLoss mean over the validation rows; NaN without validation rows
 * @param validationAccuracy share of validation rows that are right; NaN without
 * @param best whether this is the best epoch so far
 * @param elapsed since this process began to train
 */
public record EpochMetrics(
    int epoch,
    int step,
    double trainingLoss,
    double validationLoss,
    double validationAccuracy,
    boolean best,
    Duration elapsed)
    implements Serializable {
  /** The same, told by one who began so much earlier. */
  public EpochMetrics after(Duration earlier) {
    return new EpochMetrics(
        epoch, step, trainingLoss, validationLoss, validationAccuracy, best, earlier.plus(elapsed));
  }
}
