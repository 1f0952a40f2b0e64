package io.adapterworks.cluster;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.train.EpochMetrics;
import io.adapterworks.train.StepMetrics;
import io.adapterworks.train.Trainer;
import io.adapterworks.train.TrainingConfig;
import io.adapterworks.train.TrainingData;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingResult;
import io.adapterworks.train.TrainingState;
import java.time.Duration;
import java.util.ArrayList;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;

/**
 * Trains on the executor, as one process would, until the next checkpoint is due, {@code longest}
 * has passed or training has ended.
 */
record SoloTask(
    ModelSpec spec, Broadcast<TrainingData> data, Broadcast<TrainingState> from, Duration longest)
    implements Function<Integer, ExecutorDevices.Done<SoloPart>> {
  @Override
  public ExecutorDevices.Done<SoloPart> call(Integer share) {
    // Before the clock runs: bringing these here is part of what a round costs.
    TrainingData rows = data.value();
    TrainingState state = from.value();
    return ExecutorDevices.run(spec, model -> part(model, rows, state));
  }

  private SoloPart part(DeviceModel model, TrainingData rows, TrainingState state) {
    Notes notes = new Notes(spec.training(), longest);
    Trainer trainer = new Trainer(model.pass(), spec.training(), spec.seed(), notes);
    try {
      TrainingResult result = trainer.train(rows, state);
      return new SoloPart.Finished(
          notes.steps,
          notes.epochs,
          result.parameters(),
          result.bestEpoch().orElse(-1),
          result.stoppedEarly());
    } catch (AdapterworksException stopped) {
      if (stopped.code() != ErrorCode.STOPPED) {
        throw stopped;
      }
      return new SoloPart.Unfinished(notes.steps, notes.epochs, notes.state);
    }
  }

  /** Keeps what the trainer tells, and asks it to stop in time. */
  private static final class Notes implements TrainingObserver {
    private final ArrayList<StepMetrics> steps = new ArrayList<>();
    private final ArrayList<EpochMetrics> epochs = new ArrayList<>();
    private final TrainingConfig config;
    private final long until;
    private TrainingState state;

    Notes(TrainingConfig config, Duration longest) {
      this.config = config;
      this.until = System.nanoTime() + longest.toNanos();
    }

    @Override
    public void step(StepMetrics metrics) {
      steps.add(metrics);
    }

    @Override
    public void epoch(EpochMetrics metrics) {
      epochs.add(metrics);
    }

    @Override
    public void checkpoint(TrainingState reached) {
      state = reached;
    }

    @Override
    public boolean isStopRequested() {
      int step = steps.get(steps.size() - 1).step();
      return config.isCheckpointDue(step) || System.nanoTime() - until >= 0;
    }
  }
}
