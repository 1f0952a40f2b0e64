package io.adapterworks.train;

import io.adapterworks.pass.TrainablePass;
import io.adapterworks.tokenize.Batcher;
import io.adapterworks.tokenize.TokenBatch;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Trains an adapter in this process: batches in, DL4J's optimizer steps, validation after each
 * epoch, early stopping. Continues from any {@link TrainingState} to the same bytes as a run that
 * was never stopped.
 */
public final class Trainer {
  private static final int VALIDATION_BATCH = 64;

  private final TrainablePass pass;
  private final TrainingConfig config;
  private final long seed;
  private final TrainingObserver observer;

  public Trainer(TrainablePass pass, TrainingConfig config, long seed, TrainingObserver observer) {
    this.pass = pass;
    this.config = config;
    this.seed = seed;
    this.observer = observer;
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
    private final AdapterNetwork network;
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
          data.validation().isEmpty()
              ? List.of()
              : new Batcher(VALIDATION_BATCH, seed).inOrder(data.validation());
      this.stepsPerEpoch = data.stepsPerEpoch(config.batchSize());
      this.totalSteps = Math.multiplyExact(stepsPerEpoch, config.epochs());
      this.network = new AdapterNetwork(pass, config, totalSteps, from.parameters());
      this.step = from.step();
      this.epochLoss = from.epochLoss();
      this.bestParameters = from.bestParameters();
      this.bestAccuracy = from.bestAccuracy();
      this.bestLoss = from.bestLoss();
      this.bestEpoch = from.bestEpoch();
      if (step > 0) {
        network.resume(from.updaterState(), step, step / stepsPerEpoch);
      }
    }

    TrainingResult toEnd() {
      observer.started(totalSteps, step);
      Batcher batcher = new Batcher(config.batchSize(), seed);
      boolean stopped = stopsAfter(step / stepsPerEpoch - 1);
      while (step < totalSteps && !stopped) {
        int epoch = step / stepsPerEpoch;
        List<TokenBatch> batches = batcher.epoch(data.training(), epoch);
        for (TokenBatch batch : batches.subList(step % stepsPerEpoch, stepsPerEpoch)) {
          oneStep(batch, epoch);
        }
        endOfEpoch(epoch);
        stopped = stopsAfter(epoch);
      }
      return result(stopped && step < totalSteps);
    }

    private void oneStep(TokenBatch batch, int epoch) {
      double rate = network.network().getLearningRate(0);
      double loss = network.step(batch, dropoutSeed(step));
      step++;
      tokens += batch.tokens();
      epochLoss += loss;
      observer.step(new StepMetrics(step, epoch, loss, rate, batch.tokens(), elapsed()));
      boolean endsEpoch = step % stepsPerEpoch == 0;
      if (!endsEpoch && isCheckpointDue()) {
        observer.checkpoint(state());
      }
    }

    private void endOfEpoch(int epoch) {
      pass.setParameters(network.parameters());
      Validation validation = Validation.of(pass, validationBatches);
      boolean best =
          !validationBatches.isEmpty()
              && validation.improvesOn(
                  bestAccuracy, bestLoss, config.earlyStopping().minimumDelta());
      if (best) {
        bestParameters = network.parameters();
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
      if (isCheckpointDue()) {
        observer.checkpoint(state());
      }
    }

    private boolean isCheckpointDue() {
      return config.checkpointEverySteps() > 0 && step % config.checkpointEverySteps() == 0;
    }

    private boolean stopsAfter(int epoch) {
      int patience = config.earlyStopping().patience();
      return patience > 0 && bestEpoch >= 0 && epoch - bestEpoch >= patience;
    }

    private TrainingState state() {
      return new TrainingState(
          step,
          network.parameters(),
          network.updaterState(),
          bestParameters,
          bestAccuracy,
          bestLoss,
          bestEpoch,
          epochLoss);
    }

    private TrainingResult result(boolean stoppedEarly) {
      boolean keepBest = config.earlyStopping().patience() > 0 && bestEpoch >= 0;
      float[] parameters = keepBest ? bestParameters : network.parameters();
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

  private long dropoutSeed(int step) {
    return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step).nextLong();
  }
}
