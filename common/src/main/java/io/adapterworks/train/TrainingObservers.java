package io.adapterworks.train;

import java.util.List;

/** Tells several observers, in order. */
public record TrainingObservers(List<TrainingObserver> all) implements TrainingObserver {
  public TrainingObservers {
    all = List.copyOf(all);
  }

  @Override
  public void started(int totalSteps, int firstStep) {
    all.forEach(observer -> observer.started(totalSteps, firstStep));
  }

  @Override
  public void step(StepMetrics metrics) {
    all.forEach(observer -> observer.step(metrics));
  }

  @Override
  public void epoch(EpochMetrics metrics) {
    all.forEach(observer -> observer.epoch(metrics));
  }

  @Override
  public void checkpoint(TrainingState state) {
    all.forEach(observer -> observer.checkpoint(state));
  }

  @Override
  public boolean isStopRequested() {
    return all.stream().anyMatch(TrainingObserver::isStopRequested);
  }

  @Override
  public void finished(TrainingResult result) {
    all.forEach(observer -> observer.finished(result));
  }
}
