package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.FrozenSource;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;

/**
 * A decoder's frozen base on the engine's device, with the adapter's pairs on its linear layers.
 *
 * @param embedding (V, C), for lookups
 * @param head (V, C), for the logits
 */
record LlamaWeights(
    Tensor embedding,
    RopeTable rope,
    List<LlamaLayer> layers,
    FrozenRmsNorm norm,
    FrozenLinear head) {
  static LlamaWeights load(
      Engine engine,
      BaseModel base,
      DeviceParameters parameters,
      PassOptions options,
      TensorScope scope) {
    LlamaConfig config = (LlamaConfig) base.config();
    Tensor embedding = embedding(engine, base, options, scope);
    RopeTable rope = new RopeTable(engine, config);
    LinearLoader linear = new LinearLoader(engine, base, parameters, options.weights());
    List<LlamaLayer> layers = new ArrayList<>();
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new LlamaLayer(engine, base, linear, rope, new LayerPlace(i, scope)));
    }
    FrozenRmsNorm norm =
        FrozenRmsNorm.load(engine, scope, base, base.prefix() + "norm", config.rmsNormEpsilon());
    HostTensor head = base.weight(config.headName(base.prefix()));
    FrozenSource source = new FrozenSource(List.of(head), List.of(), options.weights(), 0);
    return new LlamaWeights(embedding, rope, layers, norm, engine.linear().freeze(source));
  }

  private static Tensor embedding(
      Engine engine, BaseModel base, PassOptions options, TensorScope scope) {
    HostTensor table = base.weight(base.prefix() + "embed_tokens.weight");
    if (options.embedding() == PassOptions.Placement.HOST) {
      return engine.transfer().keepOnHost(table, engine.computeType(), scope);
    }
    Tensor kept =
        scope.allocate(engine.computeType(), table.shape().rows(), table.shape().columns());
    engine.transfer().upload(table, kept);
    return kept;
  }

  /** The first layer that carries an adapter; the number of layers where none does. */
  int lowestAdapted() {
    for (int i = 0; i < layers.size(); i++) {
      if (layers.get(i).isAdapted()) {
        return i;
      }
    }
    return layers.size();
  }

  /** What the tensors that all layers share must offer. */
  LlamaLayer.Needs needs() {
    return layers.stream().map(LlamaLayer::needs).reduce(LlamaLayer.Needs::and).orElseThrow();
  }
}
