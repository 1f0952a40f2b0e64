package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.Write;
import io.adapterworks.model.BaseModel;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;

/** A layer normalisation with its frozen weights on the device. */
record FrozenLayerNorm(Engine engine, Tensor gamma, Tensor beta, float epsilon) {
  static FrozenLayerNorm load(
      Engine engine, TensorScope scope, BaseModel base, String path, float epsilon) {
    return new FrozenLayerNorm(
        engine,
        vector(engine, scope, base.weight(path + ".weight")),
        vector(engine, scope, base.weight(path + ".bias")),
        epsilon);
  }

  private static Tensor vector(Engine engine, TensorScope scope, HostTensor source) {
    Tensor tensor = scope.allocate(DType.FLOAT32, source.shape().elements());
    engine.transfer().upload(source, tensor);
    return tensor;
  }

  void forward(Tensor x, Tensor y, Tensor stats) {
    engine.norm().layerNormForward(x, gamma, beta, epsilon, y, stats);
  }

  /** Sets dx. */
  void backward(Tensor dy, Tensor x, Tensor stats, Tensor dx) {
    engine.norm().layerNormBackward(dy, x, gamma, stats, Write.SET, dx);
  }
}
