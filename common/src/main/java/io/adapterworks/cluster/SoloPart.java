package io.adapterworks.cluster;

import io.adapterworks.train.EpochMetrics;
import io.adapterworks.train.StepMetrics;
import io.adapterworks.train.TrainingState;
import java.io.Serializable;
import java.util.List;

/** A part of a training that one executor did by itself, and how that went. */
sealed interface SoloPart extends Serializable {
  /** Of every step of the part, in order. */
  List<StepMetrics> steps();

  /** Of every epoch that ended in the part, in order. */
  List<EpochMetrics> epochs();

  /** There is more to do, from {@code state} on. */
  record Unfinished(List<StepMetrics> steps, List<EpochMetrics> epochs, TrainingState state)
      implements SoloPart {}

  /**
   * Training has ended.
   *
   * @param parameters (P) to keep
   * @param bestEpoch whose parameters these are; −1 without validation
   */
  @SuppressWarnings("ArrayRecordComponent") // megabytes that are handed over, never compared
  record Finished(
      List<StepMetrics> steps,
      List<EpochMetrics> epochs,
      float[] parameters,
      int bestEpoch,
      boolean stoppedEarly)
      implements SoloPart {}
}
