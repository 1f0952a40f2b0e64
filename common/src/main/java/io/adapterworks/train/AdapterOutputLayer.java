package io.adapterworks.train;

import io.adapterworks.pass.TrainablePass;
import java.util.Collection;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * The DL4J configuration of an adapter as one output layer: its parameters are the adapter's, its
 * forward and backward are a {@link TrainablePass}. The frozen base is no DL4J parameter.
 */
final class AdapterOutputLayer extends BaseLayer {
  private static final long serialVersionUID = 1L;

  private final transient TrainablePass pass;
  private final transient LearningRates learningRates;

  AdapterOutputLayer(Builder builder) {
    super(builder);
    this.pass = builder.pass;
    this.learningRates = builder.learningRates;
  }

  TrainablePass pass() {
    return pass;
  }

  @Override
  public IUpdater getUpdaterByParam(String name) {
    return learningRates.updaterFor(name);
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration conf,
      Collection<TrainingListener> listeners,
      int layerIndex,
      INDArray parameters,
      boolean initializeParameters,
      DataType dataType) {
    AdapterLayer layer = new AdapterLayer(conf, dataType, pass);
    layer.setListeners(listeners);
    layer.setIndex(layerIndex);
    layer.setParamsViewArray(parameters);
    Map<String, INDArray> table = initializer().init(conf, parameters, initializeParameters);
    layer.setParamTable(table);
    layer.setConf(conf);
    return layer;
  }

  @Override
  public ParamInitializer initializer() {
    return new AdapterParamInitializer(pass.layout());
  }

  @Override
  public InputType getOutputType(int layerIndex, InputType inputType) {
    return InputType.feedForward(pass.outputs());
  }

  @Override
  public void setNIn(InputType inputType, boolean override) {
    // The input is token ids of any length: there is no width to infer.
  }

  @Override
  public InputPreProcessor getPreProcessorForInputType(InputType inputType) {
    return null;
  }

  @Override
  public boolean isPretrainParam(String name) {
    return false;
  }

  @Override
  public LayerMemoryReport getMemoryReport(InputType inputType) {
    return new LayerMemoryReport.Builder(
            getLayerName(),
            AdapterOutputLayer.class,
            inputType,
            InputType.feedForward(pass.outputs()))
        .standardMemory(pass.layout().size(), 2L * pass.layout().size())
        .workingMemory(0, 0, 0, 0)
        .cacheMemory(0, 0)
        .build();
  }

  /** Builds the layer; DL4J's own settings (updater, clipping, weight decay) are inherited. */
  static final class Builder extends BaseLayer.Builder<Builder> {
    private final TrainablePass pass;
    private final LearningRates learningRates;

    Builder(TrainablePass pass, LearningRates learningRates) {
      this.pass = pass;
      this.learningRates = learningRates;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // DL4J's signature
    public <E extends org.deeplearning4j.nn.conf.layers.Layer> E build() {
      return (E) new AdapterOutputLayer(this);
    }
  }
}
