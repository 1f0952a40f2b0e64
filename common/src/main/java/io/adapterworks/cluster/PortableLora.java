package io.adapterworks.cluster;

import io.adapterworks.adapter.LoraConfig;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A {@link LoraConfig} on its way to an executor: an optional cannot be serialised. */
record PortableLora(
    int rank,
    double alpha,
    double dropout,
    List<String> targetModules,
    String targetPattern,
    List<Integer> layersToTransform,
    boolean useRslora,
    boolean useDora,
    Map<String, Integer> rankPattern,
    Map<String, Double> alphaPattern)
    implements Serializable {
  static PortableLora of(LoraConfig config) {
    return new PortableLora(
        config.rank(),
        config.alpha(),
        config.dropout(),
        config.targetModules(),
        config.targetPattern().orElse(null),
        config.layersToTransform(),
        config.useRslora(),
        config.useDora(),
        config.rankPattern(),
        config.alphaPattern());
  }

  LoraConfig config() {
    return new LoraConfig(
        rank,
        alpha,
        dropout,
        targetModules,
        Optional.ofNullable(targetPattern),
        layersToTransform,
        useRslora,
        useDora,
        rankPattern,
        alphaPattern);
  }
}
