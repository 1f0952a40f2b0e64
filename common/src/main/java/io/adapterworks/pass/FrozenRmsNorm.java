package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.RmsNormed;
import io.adapterworks.engine.Write;
import io.adapterworks.model.BaseModel;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;

/** A root-mean-square normalisation with its frozen weight on the device. */
record FrozenRmsNorm(Engine engine, Tensor gamma, float epsilon) {
  static FrozenRmsNorm load(
      Engine engine, TensorScope scope, BaseModel base, String path, float epsilon) {
    HostTensor source = base.weight(path + ".weight");
    Tensor gamma = scope.allocate(DType.FLOAT32, source.shape().elements());
    engine.transfer().upload(source, gamma);
    return new FrozenRmsNorm(engine, gamma, epsilon);
  }

  void forward(Tensor x, Tensor y, Tensor rstd) {
    engine.norm().rmsNormForward(x, gamma, epsilon, y, rstd);
  }

  /** What {@link #forward} set y to, for backward. */
  RmsNormed of(Tensor x, Tensor y, Tensor rstd) {
    return new RmsNormed(engine.norm(), x, gamma, epsilon, rstd, y);
  }

  void backward(Tensor dy, Tensor x, Tensor rstd, Write write, Tensor dx) {
    engine.norm().rmsNormBackward(dy, x, gamma, rstd, write, dx);
  }
}
