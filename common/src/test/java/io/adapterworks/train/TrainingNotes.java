package io.adapterworks.train;

import java.util.ArrayList;
import java.util.List;

/** Keeps what a training tells. */
public class TrainingNotes implements TrainingObserver {
  private final List<EpochMetrics> epochs = new ArrayList<>();
  private final List<TrainingState> states = new ArrayList<>();

  @Override
  public void epoch(EpochMetrics metrics) {
    epochs.add(metrics);
  }

  @Override
  public void checkpoint(TrainingState state) {
    states.add(state);
  }

  public List<EpochMetrics> epochs() {
    return List.copyOf(epochs);
  }

  public List<TrainingState> states() {
    return List.copyOf(states);
  }
}
