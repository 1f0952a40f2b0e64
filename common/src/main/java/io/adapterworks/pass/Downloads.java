package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.tensor.Tensor;

/** Tensors brought back as arrays. */
final class Downloads {
  private Downloads() {}

  /** All elements, row by row. */
  static float[] floats(Engine engine, Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    engine.transfer().download(tensor, values);
    return values;
  }
}
