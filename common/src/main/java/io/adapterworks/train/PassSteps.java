package io.adapterworks.train;

import io.adapterworks.pass.TrainablePass;
import io.adapterworks.tokenize.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/** Optimizer steps on a pass, by a DL4J network in this process. */
public final class PassSteps implements StepRunner {
  /** A round of a device lasts about as long, for whoever follows the training or stops it. */
  private static final double ROUND_SECONDS = 1;

  private static final int MOST_STEPS = 32;

  private final TrainablePass pass;
  private final TrainingConfig config;
  private AdapterNetwork network;
  private double stepSeconds = Double.POSITIVE_INFINITY;

  public PassSteps(TrainablePass pass, TrainingConfig config) {
    this.pass = pass;
    this.config = config;
  }

  @Override
  public void begin(TrainingState from, StepPlan plan) {
    network = new AdapterNetwork(pass, config, plan.totalSteps(), from.parameters());
    if (from.step() > 0) {
      network.resume(from.updaterState(), from.step(), from.step() / plan.stepsPerEpoch());
    }
  }

  @Override
  public void prepare(long tokens) {
    pass.prepare(tokens);
  }

  /** One where nothing is gained by more: where a step is done before the next can be started. */
  @Override
  public int roundLength(int stepInEpoch) {
    return network.startsAhead()
        ? (int) Math.max(1, Math.min(MOST_STEPS, ROUND_SECONDS / stepSeconds))
        : 1;
  }

  /** Starts each step before it waits for the loss of the one before. */
  @Override
  public List<StepOutcome> run(List<TokenBatch> batches, long[] dropoutSeeds) {
    long begun = System.nanoTime();
    List<StepOutcome> outcomes = new ArrayList<>(batches.size());
    Started before = null;
    for (int i = 0; i < batches.size(); i++) {
      double rate = network.learningRate();
      Started step = new Started(network.start(batches.get(i), dropoutSeeds[i]), rate);
      if (before != null) {
        outcomes.add(before.outcome());
      }
      before = step;
    }
    if (before != null) {
      outcomes.add(before.outcome());
    }
    stepSeconds = (System.nanoTime() - begun) * 1e-9 / Math.max(1, batches.size());
    return outcomes;
  }

  private record Started(DoubleSupplier loss, double learningRate) {
    StepOutcome outcome() {
      return new StepOutcome(loss.getAsDouble(), learningRate);
    }
  }

  @Override
  public float[] parameters() {
    return network.parameters();
  }

  @Override
  public float[] updaterState() {
    return network.updaterState();
  }
}
