package io.adapterworks.train;

import io.adapterworks.tokenize.TokenBatch;
import java.util.List;

/** Computes optimizer steps: on a pass in this process, or elsewhere. Used by one thread. */
public interface StepRunner {
  /**
   * Refuses batches that do not fit the memory of what computes them, before any is run.
   *
   * @param tokens the most of any batch
   */
  default void prepare(long tokens) {}

  /** Starts at {@code from}, with its parameters, its updater state and its place in the plan. */
  void begin(TrainingState from, StepPlan plan);

  /**
   * How many steps the next round should have; a trainer may ask for fewer.
   *
   * @param stepInEpoch steps of the current epoch that are done
   * @return at least 1
   */
  int roundLength(int stepInEpoch);

  /**
   * One round: a step for each batch, in order.
   *
   * @param dropoutSeeds decide the dropout masks, one for each step
   * @return what each step came to
   */
  List<StepOutcome> run(List<TokenBatch> batches, long[] dropoutSeeds);

  /** A copy of the flat parameter vector (P) after the steps so far. */
  float[] parameters();

  /** A copy of Adam's moments after the steps so far. */
  float[] updaterState();
}
