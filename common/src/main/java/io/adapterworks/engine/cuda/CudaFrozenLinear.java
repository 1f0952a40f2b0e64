package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Tensor;
import java.util.Optional;

/**
 * Frozen weights on the card.
 *
 * @param weight W(out, in) in the compute type, or as int8 where {@code scales} are there
 * @param scales FLOAT32 (out)
 * @param bias (out) in the compute type
 * @param spare columns beside W, and rows below it, that the low-rank part may use
 */
record CudaFrozenLinear(Tensor weight, Optional<Tensor> scales, Optional<Tensor> bias, int spare)
    implements FrozenLinear {
  static CudaFrozenLinear of(FrozenLinear layer) {
    Check.that(
        layer instanceof CudaFrozenLinear,
        ErrorCode.MODEL,
        "the layer was frozen by another engine; expected one of this CUDA engine");
    return (CudaFrozenLinear) layer;
  }

  @Override
  public int in() {
    return Math.toIntExact(weight.columns());
  }

  @Override
  public int out() {
    return Math.toIntExact(weight.rows());
  }

  @Override
  public long bytes() {
    return weight.bytes()
        + scales.map(Tensor::bytes).orElse(0L)
        + bias.map(Tensor::bytes).orElse(0L);
  }
}
