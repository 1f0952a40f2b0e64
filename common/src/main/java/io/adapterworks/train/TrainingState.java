package io.adapterworks.train;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.Serializable;

/**
 * Everything that a run needs to go on as if it had never stopped. The order of batches and the
 * dropout masks follow from the seed and the step, so no generator's state is kept.
 *
 * @param step optimizer steps done
 * @param parameters (P) after those steps
 * @param updaterState Adam's moments
 * @param bestParameters (P) of the best epoch so far; empty before the first
 * @param bestAccuracy validation accuracy of the best epoch; negative before the first
 * @param bestLoss validation loss of the best epoch; infinite before the first
 * @param bestEpoch from 0; −1 before the first
 * @param epochLoss sum of the losses of the steps of the unfinished epoch
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes that are handed over, never compared
public record TrainingState(
    int step,
    float[] parameters,
    float[] updaterState,
    float[] bestParameters,
    double bestAccuracy,
    double bestLoss,
    int bestEpoch,
    double epochLoss)
    implements Serializable {
  public TrainingState {
    Check.that(step >= 0, ErrorCode.MODEL, "a checkpoint at step %d; expected 0 or more", step);
  }

  /** After {@code step} steps, with nothing known of epochs before. */
  public static TrainingState at(int step, float[] parameters, float[] updaterState) {
    return new TrainingState(
        step, parameters, updaterState, new float[0], -1, Double.POSITIVE_INFINITY, -1, 0);
  }

  /** The state before the first step. */
  public static TrainingState initial(float[] parameters) {
    return at(0, parameters, new float[0]);
  }
}
