package io.adapterworks.train;

import java.io.Serializable;
import java.time.Duration;

/**
 * What one optimizer step showed.
 *
 * @param step from 1, over the whole run
 * @param epoch from 0
 * @param loss the batch's mean loss before the step
 * @param learningRate of this step
 * @param tokens of this step's batch
 * @param elapsed since this process began to train
 */
public record StepMetrics(
    int step, int epoch, double loss, double learningRate, int tokens, Duration elapsed)
    implements Serializable {
  /** The same, told by one who began so much earlier. */
  public StepMetrics after(Duration earlier) {
    return new StepMetrics(step, epoch, loss, learningRate, tokens, earlier.plus(elapsed));
  }
}
