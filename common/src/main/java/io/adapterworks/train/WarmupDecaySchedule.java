package io.adapterworks.train;

import io.adapterworks.train.TrainingConfig.Decay;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * A learning rate that rises in a straight line over {@code warmupSteps} and falls over the rest.
 *
 * @param peak the learning rate after warm-up
 * @param warmupSteps steps of the rise; step k of it (from 0) has peak · (k + 1) / (warmupSteps +
 *     1)
 * @param totalSteps steps of the whole run; the decay would reach 0 right after the last
 */
record WarmupDecaySchedule(double peak, int warmupSteps, int totalSteps, Decay decay)
    implements ISchedule {
  private static final long serialVersionUID = 1L;

  @Override
  public double valueAt(int iteration, int epoch) {
    if (iteration < warmupSteps) {
      return peak * (iteration + 1) / (warmupSteps + 1);
    }
    double left = Math.max(0, totalSteps - iteration);
    double share = left / Math.max(1, totalSteps - warmupSteps);
    return switch (decay) {
      case CONSTANT -> peak;
      case LINEAR -> peak * share;
      case COSINE -> peak * 0.5 * (1 - Math.cos(Math.PI * share));
    };
  }

  @Override
  @SuppressWarnings("MissingSuperCall")
  public ISchedule clone() {
    return this;
  }
}
