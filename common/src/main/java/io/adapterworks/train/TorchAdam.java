package io.adapterworks.train;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.AdamUpdater;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * Adam with ε where Kingma and Ba (2014, arXiv:1412.6980) and PyTorch have it: beside the
 * bias-corrected √v. DL4J's own adds it to the uncorrected √v, which in the first steps makes it 30
 * times as large and slows parameters of small gradient.
 */
final class TorchAdam extends Adam {
  private static final long serialVersionUID = 1L;

  TorchAdam(TrainingConfig config, double peak, ISchedule schedule) {
    super(peak, config.beta1(), config.beta2(), config.epsilon());
    setLearningRateSchedule(schedule);
  }

  private TorchAdam(Adam other) {
    super(other.getLearningRate(), other.getBeta1(), other.getBeta2(), other.getEpsilon());
    setLearningRateSchedule(other.getLearningRateSchedule());
  }

  @Override
  public TorchAdam clone() {
    return new TorchAdam(this);
  }

  @Override
  public GradientUpdater<Adam> instantiate(INDArray view, boolean initialize) {
    Updater updater = new Updater(this);
    long[] shape = view.shape().clone();
    shape[shape.length - 1] /= 2;
    updater.setStateViewArray(view, shape, view.ordering(), initialize);
    return updater;
  }

  @Override
  public GradientUpdater<Adam> instantiate(Map<String, INDArray> state, boolean initialize) {
    Updater updater = new Updater(this);
    updater.setState(state, initialize);
    return updater;
  }

  private static final class Updater extends AdamUpdater {
    Updater(TorchAdam config) {
      super(config);
    }

    /** Turns the gradient into the step, in place. */
    @Override
    public void applyUpdater(INDArray gradient, int iteration, int epoch) {
      Adam config = getConfig();
      double correction = Math.sqrt(1 - Math.pow(config.getBeta2(), iteration + 1.0));
      Nd4j.exec(
          new org.nd4j.linalg.api.ops.impl.updaters.AdamUpdater(
              gradient.reshape(getV().shape()),
              getV(),
              getM(),
              config.getLearningRate(iteration, epoch),
              config.getBeta1(),
              config.getBeta2(),
              config.getEpsilon() * correction,
              iteration));
    }
  }
}
