package io.adapterworks.train;

/** Is told how training goes. Called by the training thread; must not take long. */
public interface TrainingObserver {
  /** Before the first step of this process. */
  default void started(int totalSteps, int firstStep) {}

  default void step(StepMetrics metrics) {}

  default void epoch(EpochMetrics metrics) {}

  /** A checkpoint for {@code state} is due; writing it is the observer's business. */
  default void checkpoint(TrainingState state) {}

  /** Whether training should leave a checkpoint and end; asked after every round of steps. */
  default boolean isStopRequested() {
    return false;
  }

  default void finished(TrainingResult result) {}
}
