package io.adapterworks.train;

import io.adapterworks.pass.TrainablePass;
import io.adapterworks.tokenize.TokenBatch;
import java.util.ArrayList;
import java.util.List;

/** Optimizer steps on a pass, by a DL4J network in this process. */
public final class PassSteps implements StepRunner {
  private final TrainablePass pass;
  private final TrainingConfig config;
  private AdapterNetwork network;

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

  /** One: nothing is gained by more. */
  @Override
  public int roundLength(int stepInEpoch) {
    return 1;
  }

  @Override
  public List<StepOutcome> run(List<TokenBatch> batches, long[] dropoutSeeds) {
    List<StepOutcome> outcomes = new ArrayList<>(batches.size());
    for (int i = 0; i < batches.size(); i++) {
      double rate = network.learningRate();
      outcomes.add(new StepOutcome(network.step(batches.get(i), dropoutSeeds[i]), rate));
    }
    return outcomes;
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
