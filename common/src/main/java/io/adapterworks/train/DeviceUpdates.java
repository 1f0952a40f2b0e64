package io.adapterworks.train;

import io.adapterworks.adapter.Parameter;
import io.adapterworks.engine.AdamStep;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pass.TrainablePass;
import io.adapterworks.pass.UpdatingPass;
import io.adapterworks.tokenize.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * DL4J's optimizer steps, taken by the device that the pass runs on: the same clipping, schedule,
 * weight decay and Adam. DL4J's network gets parameters and moments back when somebody looks, which
 * its listeners do at every iteration.
 */
final class DeviceUpdates {
  private final UpdatingPass pass;
  private final TrainingConfig config;
  private final LearningRates rates;
  private final MultiLayerNetwork network;
  private boolean isNetworkBehind;

  private DeviceUpdates(
      UpdatingPass pass, TrainingConfig config, LearningRates rates, MultiLayerNetwork network) {
    this.pass = pass;
    this.config = config;
    this.rates = rates;
    this.network = network;
  }

  /** Empty where the pass leaves updates to the host. */
  static Optional<DeviceUpdates> of(
      TrainablePass pass, TrainingConfig config, LearningRates rates, MultiLayerNetwork network) {
    return pass instanceof UpdatingPass updating && updating.canUpdate()
        ? Optional.of(new DeviceUpdates(updating, config, rates, network))
        : Optional.empty();
  }

  /** Starts an optimizer step; waits for the batch's mean loss before it when that is asked for. */
  DoubleSupplier start(TokenBatch batch, long dropoutSeed) {
    int iteration = network.getIterationCount();
    DoubleSupplier given = pass.start(batch, dropoutSeed, update(iteration));
    isNetworkBehind = true;
    DoubleSupplier loss = () -> score(given.getAsDouble(), iteration);
    if (!network.getListeners().isEmpty()) {
      double value = loss.getAsDouble();
      loss = () -> value;
      bringNetworkUpToDate();
      for (TrainingListener listener : network.getListeners()) {
        listener.iterationDone(network, iteration, network.getEpochCount());
      }
    }
    network.getLayerWiseConfigurations().setIterationCount(iteration + 1);
    return loss;
  }

  private double score(double loss, int iteration) {
    Check.that(
        Double.isFinite(loss),
        ErrorCode.NUMERIC,
        "the loss became %s at iteration %d; lower training.learningRate or check the data",
        loss,
        iteration);
    network.setScore(loss);
    return loss;
  }

  private AdamStep update(int iteration) {
    List<AdamStep.Range> ranges = new ArrayList<>();
    for (Parameter parameter : pass.layout().parameters()) {
      IUpdater updater = rates.updaterFor(AdapterParamInitializer.nameOf(parameter));
      double rate = updater.getLearningRate(iteration, network.getEpochCount());
      AdamStep.Range last = ranges.isEmpty() ? null : ranges.get(ranges.size() - 1);
      if (last != null
          && last.learningRate() == rate
          && last.from() + last.count() == parameter.offset()) {
        ranges.set(
            ranges.size() - 1,
            new AdamStep.Range(
                last.from(), last.count() + parameter.size(), rate, config.weightDecay()));
      } else {
        ranges.add(
            new AdamStep.Range(parameter.offset(), parameter.size(), rate, config.weightDecay()));
      }
    }
    return new AdamStep(
        iteration + 1,
        config.beta1(),
        config.beta2(),
        config.epsilon(),
        config.maxGradientNorm(),
        ranges);
  }

  /** Copies parameters and moments from the device to DL4J's network, if they moved. */
  void bringNetworkUpToDate() {
    if (!isNetworkBehind) {
      return;
    }
    int size = pass.layout().size();
    float[] values = new float[size];
    pass.readParameters(values);
    floats(network.params()).put(values);
    float[] mean = new float[size];
    float[] square = new float[size];
    pass.readMoments(mean, square);
    FloatPointer state = floats(state());
    for (UpdaterBlock block : blocks()) {
      int from = block.getParamOffsetStart();
      int count = block.getParamOffsetEnd() - from;
      state.position(block.getUpdaterViewOffsetStart()).put(mean, from, count);
      state.position(block.getUpdaterViewOffsetStart() + (long) count).put(square, from, count);
    }
    isNetworkBehind = false;
  }

  /** Copies parameters and moments from DL4J's network to the device. */
  void bringDeviceUpToDate() {
    int size = pass.layout().size();
    float[] values = new float[size];
    floats(network.params()).get(values);
    pass.setParameters(values);
    float[] mean = new float[size];
    float[] square = new float[size];
    FloatPointer state = floats(state());
    for (UpdaterBlock block : blocks()) {
      int from = block.getParamOffsetStart();
      int count = block.getParamOffsetEnd() - from;
      state.position(block.getUpdaterViewOffsetStart()).get(mean, from, count);
      state.position(block.getUpdaterViewOffsetStart() + (long) count).get(square, from, count);
    }
    pass.setMoments(mean, square);
    isNetworkBehind = false;
  }

  private INDArray state() {
    return network.getUpdater(true).getStateViewArray();
  }

  /**
   * Parameters of one updater lie side by side: in the state, their means and then their squares.
   */
  private List<UpdaterBlock> blocks() {
    return ((BaseMultiLayerUpdater<?>) network.getUpdater(true)).getUpdaterBlocks();
  }

  private static FloatPointer floats(INDArray flat) {
    return new FloatPointer(flat.data().addressPointer());
  }
}
