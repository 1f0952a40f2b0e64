package io.adapterworks.cluster;

import io.adapterworks.train.EpochMetrics;
import io.adapterworks.train.StepMetrics;
import io.adapterworks.train.Trainer;
import io.adapterworks.train.TrainingConfig;
import io.adapterworks.train.TrainingData;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingResult;
import io.adapterworks.train.TrainingState;
import java.time.Duration;
import java.util.Optional;
import org.apache.spark.broadcast.Broadcast;

/**
 * Training on one executor. It does what a process by itself would, validation included, and comes
 * back when a checkpoint is due and every few seconds, for people to see how it goes: rounds are so
 * long that they cost nothing, and however long they are, training leads to the same bytes. The
 * executor keeps nothing that a round needs; another one can do it again.
 */
public final class SoloTraining {
  private static final Duration LONGEST = Duration.ofSeconds(10);

  private final TrainingExecutors executors;
  private final TrainingConfig config;
  private final TrainingObserver observer;
  private final Duration longest;

  /** In rounds of ten seconds. */
  public SoloTraining(
      TrainingExecutors executors, TrainingConfig config, TrainingObserver observer) {
    this(executors, config, observer, LONGEST);
  }

  /**
   * @param longest how long the executor may train before it comes back
   */
  SoloTraining(
      TrainingExecutors executors,
      TrainingConfig config,
      TrainingObserver observer,
      Duration longest) {
    this.executors = executors;
    this.config = config;
    this.observer = observer;
    this.longest = longest;
  }

  /** Runs the epochs that are left; as {@link Trainer#train}. */
  public TrainingResult train(TrainingData data, TrainingState from) {
    return executors.with(data, sent -> new Run(data, from).toEnd(sent));
  }

  private final class Run {
    private final long begun = System.nanoTime();
    private final int totalSteps;
    private TrainingState state;
    private int step;
    private long tokens;

    Run(TrainingData data, TrainingState from) {
      this.totalSteps = Math.multiplyExact(data.stepsPerEpoch(config.batchSize()), config.epochs());
      this.state = from;
      this.step = from.step();
    }

    TrainingResult toEnd(Broadcast<TrainingData> data) {
      observer.started(totalSteps, step);
      while (true) {
        Duration before = elapsed();
        SoloPart part = executors.solo(data, state, longest);
        tell(part, before);
        if (part instanceof SoloPart.Finished finished) {
          return result(finished);
        }
        leaveCheckpoint(((SoloPart.Unfinished) part).state());
      }
    }

    /** Tells what the executor saw, in its order, by this process's clock. */
    private void tell(SoloPart part, Duration before) {
      int epoch = 0;
      for (StepMetrics metrics : part.steps()) {
        step = metrics.step();
        tokens += metrics.tokens();
        observer.step(metrics.after(before));
        while (epoch < part.epochs().size() && part.epochs().get(epoch).step() == step) {
          EpochMetrics ended = part.epochs().get(epoch++);
          observer.epoch(ended.after(before));
        }
      }
    }

    private void leaveCheckpoint(TrainingState reached) {
      state = reached;
      boolean stop = observer.isStopRequested();
      if (stop || config.isCheckpointDue(step)) {
        observer.checkpoint(state);
      }
      if (stop) {
        throw Trainer.stopped(step, totalSteps);
      }
    }

    private TrainingResult result(SoloPart.Finished finished) {
      TrainingResult result =
          new TrainingResult(
              finished.parameters(),
              step,
              totalSteps,
              finished.bestEpoch() < 0 ? Optional.empty() : Optional.of(finished.bestEpoch()),
              finished.stoppedEarly(),
              tokens,
              elapsed());
      observer.finished(result);
      return result;
    }

    private Duration elapsed() {
      return Duration.ofNanos(System.nanoTime() - begun);
    }
  }
}
