package io.adapterworks.cluster;

import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.train.StepOutcome;
import io.adapterworks.train.StepPlan;
import io.adapterworks.train.StepRunner;
import io.adapterworks.train.TrainingState;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Rounds of several optimizer steps: each device steps by itself through its part of every batch,
 * then parameters and Adam's moments are averaged, weighted by scored labels (local SGD, Stich
 * 2019, arXiv:1805.09767). The averaged moments are every device's at the next round's start, so
 * that no executor keeps anything that a round needs.
 *
 * <p>On one device the average of one is exact: any length of round gives the same bytes.
 */
public final class AveragingSteps implements StepRunner {
  /** Short enough for people to see how it goes, long enough for a round to cost nothing. */
  private static final Duration ALONE = Duration.ofSeconds(10);

  private static final int MOST_ALONE = 10_000;

  private final TrainingExecutors executors;
  private final OptionalInt stepsPerRound;
  private StepPlan plan;
  private int step;
  private int aloneLength = 1;
  private float[] parameters;
  private float[] updaterState;

  /**
   * @param stepsPerRound k
   */
  public AveragingSteps(TrainingExecutors executors, int stepsPerRound) {
    this(executors, OptionalInt.of(stepsPerRound));
  }

  private AveragingSteps(TrainingExecutors executors, OptionalInt stepsPerRound) {
    this.executors = executors;
    this.stepsPerRound = stepsPerRound;
  }

  /** For one device: rounds of about ten seconds, or up to the next checkpoint. */
  public static AveragingSteps alone(TrainingExecutors executors) {
    return new AveragingSteps(executors, OptionalInt.empty());
  }

  @Override
  public void begin(TrainingState from, StepPlan newPlan) {
    plan = newPlan;
    step = from.step();
    parameters = from.parameters();
    updaterState = from.updaterState();
  }

  /** Rounds end at multiples of k in an epoch, also in a run that goes on from a checkpoint. */
  @Override
  public int roundLength(int stepInEpoch) {
    if (stepsPerRound.isEmpty()) {
      return aloneLength;
    }
    return stepsPerRound.getAsInt() - stepInEpoch % stepsPerRound.getAsInt();
  }

  @Override
  public List<StepOutcome> run(List<TokenBatch> batches, long[] dropoutSeeds) {
    long begun = System.nanoTime();
    ShareResult mean =
        executors.steps(
            batches, dropoutSeeds, new RoundState(parameters, updaterState, step, plan));
    int size = parameters.length;
    parameters = Arrays.copyOf(mean.values(), size);
    updaterState = Arrays.copyOfRange(mean.values(), size, mean.values().length);
    step += batches.size();
    long nanosPerStep = Math.max(1, (System.nanoTime() - begun) / batches.size());
    aloneLength = (int) Math.max(1, Math.min(MOST_ALONE, ALONE.toNanos() / nanosPerStep));
    return mean.steps();
  }

  @Override
  public float[] parameters() {
    return parameters.clone();
  }

  @Override
  public float[] updaterState() {
    return updaterState.clone();
  }
}
