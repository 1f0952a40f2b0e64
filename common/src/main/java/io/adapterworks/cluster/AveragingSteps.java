package io.adapterworks.cluster;

import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.train.StepOutcome;
import io.adapterworks.train.StepPlan;
import io.adapterworks.train.StepRunner;
import io.adapterworks.train.TrainingState;
import java.util.Arrays;
import java.util.List;

/**
 * Rounds of several optimizer steps: each device steps by itself through its part of every batch,
 * then parameters and Adam's moments are averaged, weighted by scored labels (local SGD, Stich
 * 2019, arXiv:1805.09767). The averaged moments are every device's at the next round's start, so
 * that no executor keeps anything that a round needs.
 *
 * <p>On one device the average of one is exact: any length of round gives the same bytes.
 */
public final class AveragingSteps implements StepRunner {
  private final TrainingExecutors executors;
  private final int stepsPerRound;
  private StepPlan plan;
  private int step;
  private float[] parameters;
  private float[] updaterState;

  /**
   * @param stepsPerRound k
   */
  public AveragingSteps(TrainingExecutors executors, int stepsPerRound) {
    this.executors = executors;
    this.stepsPerRound = stepsPerRound;
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
    return stepsPerRound - stepInEpoch % stepsPerRound;
  }

  @Override
  public List<StepOutcome> run(List<TokenBatch> batches, long[] dropoutSeeds) {
    ShareResult mean =
        executors.steps(
            batches, dropoutSeeds, new RoundState(parameters, updaterState, step, plan));
    int size = parameters.length;
    parameters = Arrays.copyOf(mean.values(), size);
    updaterState = Arrays.copyOfRange(mean.values(), size, mean.values().length);
    step += batches.size();
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
