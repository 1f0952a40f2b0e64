package io.adapterworks.train;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pass.TrainablePass;
import io.adapterworks.tokenize.TokenBatch;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The adapter as a DL4J network of one layer, with AdamW, clipping and schedule set up. DL4J's
 * listeners, evaluation and user interface attach to {@link #network}.
 */
public final class AdapterNetwork {
  private final MultiLayerNetwork network;
  private final TrainablePass pass;
  private final Optional<DeviceUpdates> device;

  /**
   * @param totalSteps optimizer steps of the whole run, over which the schedule is laid
   * @param parameters (P) the values to start from
   */
  public AdapterNetwork(
      TrainablePass pass, TrainingConfig config, int totalSteps, float[] parameters) {
    this.pass = pass;
    LearningRates rates = new LearningRates(config, totalSteps, pass.layout());
    NeuralNetConfiguration.Builder defaults =
        new NeuralNetConfiguration.Builder()
            .dataType(DataType.FLOAT)
            .miniBatch(false)
            .trainingWorkspaceMode(WorkspaceMode.NONE)
            .inferenceWorkspaceMode(WorkspaceMode.NONE)
            .gradientNormalization(GradientNormalization.ClipL2PerLayer)
            .gradientNormalizationThreshold(config.maxGradientNorm());
    AdapterOutputLayer.Builder layer = new AdapterOutputLayer.Builder(pass, rates);
    if (config.weightDecay() > 0) {
      // On the layer alone: what is set on the network too, DL4J applies twice.
      layer.weightDecay(config.weightDecay());
    }
    MultiLayerConfiguration configuration = defaults.list().layer(layer.build()).build();
    configuration.setValidateOutputLayerConfig(false);
    this.network = new MultiLayerNetwork(configuration);
    network.init();
    this.device = DeviceUpdates.of(pass, config, rates, network);
    setParameters(parameters);
  }

  /** The DL4J network itself, as of the last step. */
  public MultiLayerNetwork network() {
    device.ifPresent(DeviceUpdates::bringNetworkUpToDate);
    return network;
  }

  /** The learning rate of the next step; under LoRA+ that of every A. */
  public double learningRate() {
    return network.getLearningRate(0);
  }

  /** One optimizer step; returns the batch's mean loss before it. */
  public double step(TokenBatch batch, long dropoutSeed) {
    return start(batch, dropoutSeed).getAsDouble();
  }

  /**
   * As {@link #step}, but the loss is waited for only when it is asked for: a device that updates
   * by itself gets the next step while it computes this one.
   */
  DoubleSupplier start(TokenBatch batch, long dropoutSeed) {
    if (device.isPresent()) {
      return device.get().start(batch, dropoutSeed);
    }
    ((AdapterLayer) network.getLayer(0)).setDropout(dropoutSeed, batch);
    network.fit(TokenArrays.toDataSet(batch, pass.outputs()));
    double loss = network.score();
    return () -> loss;
  }

  /** Whether steps can be started before the last one is done. */
  boolean startsAhead() {
    return device.isPresent();
  }

  /** A copy of the flat parameter vector (P). */
  public float[] parameters() {
    return copy(network().params());
  }

  public void setParameters(float[] parameters) {
    device.ifPresent(DeviceUpdates::bringNetworkUpToDate);
    write(parameters, network.params());
    device.ifPresent(DeviceUpdates::bringDeviceUpToDate);
  }

  /** A copy of Adam's moments. */
  public float[] updaterState() {
    return copy(network().getUpdater(true).getStateViewArray());
  }

  /** Continues where a run stopped: moments and the place in the schedule. */
  public void resume(float[] updaterState, int step, int epoch) {
    write(updaterState, network.getUpdater(true).getStateViewArray());
    network.getLayerWiseConfigurations().setIterationCount(step);
    network.getLayerWiseConfigurations().setEpochCount(epoch);
    device.ifPresent(DeviceUpdates::bringDeviceUpToDate);
  }

  private static float[] copy(INDArray flat) {
    float[] values = new float[Math.toIntExact(flat.length())];
    new FloatPointer(flat.data().addressPointer()).get(values);
    return values;
  }

  private static void write(float[] values, INDArray flat) {
    Check.that(
        values.length == flat.length(),
        ErrorCode.MODEL,
        "%d values for a network of %d parameters",
        values.length,
        flat.length());
    flat.assign(Nd4j.createFromArray(values).reshape(flat.shape()));
  }
}
