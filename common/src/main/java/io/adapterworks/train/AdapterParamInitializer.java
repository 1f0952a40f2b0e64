package io.adapterworks.train;

import io.adapterworks.adapter.Parameter;
import io.adapterworks.adapter.ParameterLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.ParamInitializer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Cuts DL4J's flat parameter vector into the adapter's named parameters, without copying. */
final class AdapterParamInitializer implements ParamInitializer {
  private final ParameterLayout layout;

  AdapterParamInitializer(ParameterLayout layout) {
    this.layout = layout;
  }

  /** DL4J cuts its keys at the last underscore, so that a name must not hold one. */
  static String nameOf(Parameter parameter) {
    return parameter.key().replace('_', '-');
  }

  @Override
  public long numParams(NeuralNetConfiguration conf) {
    return layout.size();
  }

  @Override
  public long numParams(Layer layer) {
    return layout.size();
  }

  @Override
  public List<String> paramKeys(Layer layer) {
    return layout.parameters().stream().map(AdapterParamInitializer::nameOf).toList();
  }

  @Override
  public List<String> weightKeys(Layer layer) {
    return paramKeys(layer);
  }

  @Override
  public List<String> biasKeys(Layer layer) {
    return List.of();
  }

  @Override
  public boolean isWeightParam(Layer layer, String key) {
    return true;
  }

  @Override
  public boolean isBiasParam(Layer layer, String key) {
    return false;
  }

  @Override
  public Map<String, INDArray> init(
      NeuralNetConfiguration conf, INDArray flat, boolean initializeParameters) {
    if (initializeParameters) {
      flat.assign(0);
    }
    return views(flat);
  }

  @Override
  public Map<String, INDArray> getGradientsFromFlattened(
      NeuralNetConfiguration conf, INDArray flat) {
    return views(flat);
  }

  private Map<String, INDArray> views(INDArray flat) {
    Map<String, INDArray> table = new LinkedHashMap<>();
    INDArray vector = flat.reshape(flat.length());
    for (Parameter parameter : layout.parameters()) {
      long end = parameter.offset() + (long) parameter.size();
      table.put(
          nameOf(parameter),
          vector
              .get(NDArrayIndex.interval(parameter.offset(), end))
              .reshape('c', parameter.shape().rows(), parameter.shape().columns()));
    }
    return table;
  }
}
