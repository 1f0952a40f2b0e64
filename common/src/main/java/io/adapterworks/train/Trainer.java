package io.adapterworks.train;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pass.TrainablePass;
import io.adapterworks.tokenize.Batcher;
import io.adapterworks.tokenize.Batching;
import io.adapterworks.tokenize.SequencePacker;
import io.adapterworks.tokenize.TokenBatch;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Trains an adapter: batches in, DL4J's optimizer steps, validation after each epoch, early
 * stopping. Where the steps are computed is a {@link StepRunner}'s business. Continues from any
 * {@link TrainingState} to the same bytes as a run that was never stopped.
 */
public final class Trainer {
  private static final int VALIDATION_BATCH = 64;

  private final TrainablePass pass;
  private final StepRunner runner;
  private final TrainingConfig config;
  private final long seed;
  private final TrainingObserver observer;
  private final Batching training;
  private final Batching validation;

  /** Steps on {@code pass}, one after the other, on batches of {@code config.batchSize} rows. */
  public Trainer(TrainablePass pass, TrainingConfig config, long seed, TrainingObserver observer) {
    this(pass, new PassSteps(pass, config), config, seed, observer);
  }

  /**
   * Steps by {@code runner}.
   *
   * @param pass validates
   */
  public Trainer(
      TrainablePass pass,
      StepRunner runner,
      TrainingConfig config,
      long seed,
      TrainingObserver observer) {
    this.pass = pass;
    this.runner = runner;
    this.config = config;
    this.seed = seed;
    this.observer = observer;
    this.training = new Batcher(config.batchSize(), seed);
    this.validation = new Batcher(VALIDATION_BATCH, seed);
  }

  /** Trains on rows packed to batches of about equally many tokens. */
  public Trainer(
      TrainablePass pass, TrainingConfig config, SequencePacker packer, TrainingObserver observer) {
    this.pass = pass;
    this.runner = new PassSteps(pass, config);
    this.config = config;
    this.seed = packer.seed();
    this.observer = observer;
    this.training = packer;
    this.validation = packer;
  }

  /**
   * Runs the epochs that are left.
   *
   * @param from where to begin: {@link TrainingState#initial}, or a checkpoint's state
   */
  public TrainingResult train(TrainingData data, TrainingState from) {
    return new Run(data, from).toEnd();
  }

  private final class Run {
    private final TrainingData data;
    private final List<TokenBatch> validationBatches;
    private final int stepsPerEpoch;
    private final int totalSteps;
    private final long begun = System.nanoTime();
    private int step;
    private long tokens;
    private double epochLoss;
    private float[] bestParameters;
    private double bestAccuracy;
    private double bestLoss;
    private int bestEpoch;

    Run(TrainingData data, TrainingState from) {
      this.data = data;
      this.validationBatches =
          data.validation().isEmpty() ? List.of() : validation.inOrder(data.validation());
      this.stepsPerEpoch = training.epoch(data.training(), 0).size();
      this.totalSteps = Math.multiplyExact(stepsPerEpoch, config.epochs());
      this.step = from.step();
      this.epochLoss = from.epochLoss();
      this.bestParameters = from.bestParameters();
      this.bestAccuracy = from.bestAccuracy();
      this.bestLoss = from.bestLoss();
      this.bestEpoch = from.bestEpoch();
      runner.begin(from, new StepPlan(stepsPerEpoch, totalSteps));
    }

    TrainingResult toEnd() {
      runner.prepare(training.mostTokens(data.training()));
      observer.started(totalSteps, step);
      boolean stopped = stopsAfter(step / stepsPerEpoch - 1);
      while (step < totalSteps && !stopped) {
        int epoch = step / stepsPerEpoch;
        List<TokenBatch> batches = training.epoch(data.training(), epoch);
        do {
          int from = step % stepsPerEpoch;
          round(batches.subList(from, from + roundLength()), epoch);
          if (step % stepsPerEpoch == 0) {
            endOfEpoch(epoch);
          }
          leaveCheckpoint();
        } while (step % stepsPerEpoch != 0);
        stopped = stopsAfter(epoch);
      }
      return result(stopped && step < totalSteps);
    }

    /** No round goes past the end of an epoch or a checkpoint. */
    private int roundLength() {
      int inEpoch = step % stepsPerEpoch;
      int length = Math.min(runner.roundLength(inEpoch), stepsPerEpoch - inEpoch);
      int every = config.checkpointEverySteps();
      return every > 0 ? Math.min(length, every - step % every) : length;
    }

    private void round(List<TokenBatch> batches, int epoch) {
      long[] seeds = new long[batches.size()];
      Arrays.setAll(seeds, i -> dropoutSeed(step + i));
      List<StepOutcome> outcomes = runner.run(batches, seeds);
      for (int i = 0; i < batches.size(); i++) {
        StepOutcome outcome = outcomes.get(i);
        int stepTokens = batches.get(i).tokens();
        step++;
        tokens += stepTokens;
        epochLoss += outcome.loss();
        observer.step(
            new StepMetrics(
                step, epoch, outcome.loss(), outcome.learningRate(), stepTokens, elapsed()));
      }
    }

    /** Where one is due or a stop was asked for; after a stop, training ends here. */
    private void leaveCheckpoint() {
      boolean stop = step < totalSteps && observer.isStopRequested();
      if (stop || config.isCheckpointDue(step)) {
        observer.checkpoint(state());
      }
      if (stop) {
        throw stopped(step, totalSteps);
      }
    }

    private void endOfEpoch(int epoch) {
      pass.setParameters(runner.parameters());
      Validation validation = Validation.of(pass, validationBatches);
      boolean best =
          !validationBatches.isEmpty()
              && validation.improvesOn(
                  bestAccuracy, bestLoss, config.earlyStopping().minimumDelta());
      if (best) {
        bestParameters = runner.parameters();
        bestAccuracy = validation.accuracy();
        bestLoss = validation.loss();
        bestEpoch = epoch;
      }
      observer.epoch(
          new EpochMetrics(
              epoch,
              step,
              epochLoss / stepsPerEpoch,
              validation.loss(),
              validation.accuracy(),
              best,
              elapsed()));
      epochLoss = 0;
    }

    private boolean stopsAfter(int epoch) {
      int patience = config.earlyStopping().patience();
      return patience > 0 && bestEpoch >= 0 && epoch - bestEpoch >= patience;
    }

    private TrainingState state() {
      return new TrainingState(
          step,
          runner.parameters(),
          runner.updaterState(),
          bestParameters,
          bestAccuracy,
          bestLoss,
          bestEpoch,
          epochLoss);
    }

    private TrainingResult result(boolean stoppedEarly) {
      boolean keepBest = config.earlyStopping().patience() > 0 && bestEpoch >= 0;
      float[] parameters = keepBest ? bestParameters : runner.parameters();
      pass.setParameters(parameters);
      TrainingResult result =
          new TrainingResult(
              parameters,
              step,
              totalSteps,
              keepBest ? Optional.of(bestEpoch) : Optional.empty(),
              stoppedEarly,
              tokens,
              elapsed());
      observer.finished(result);
      return result;
    }

    private Duration elapsed() {
      return Duration.ofNanos(System.nanoTime() - begun);
    }
  }

  /** What training ends with that was asked to stop. */
  public static AdapterworksException stopped(int step, int totalSteps) {
    return Check.failure(
        ErrorCode.STOPPED,
        "training was stopped after step %d of %d and left a checkpoint; run the same job again to"
            + " go on from there",
        step,
        totalSteps);
  }

  private long dropoutSeed(int step) {
    return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step).nextLong();
  }
}
