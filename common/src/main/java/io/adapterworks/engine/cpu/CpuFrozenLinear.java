package io.adapterworks.engine.cpu;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;

/**
 * Frozen weights in the two forms that oneDNN chose, for x·Wᵀ and for dy·W.
 *
 * @param forward form of Wᵀ(in, out)
 * @param backward form of W(out, in)
 * @param bias bias(out) in float32, or null
 */
record CpuFrozenLinear(
    int in, int out, DType dtype, Packed forward, Packed backward, NativeBlock bias)
    implements FrozenLinear, AutoCloseable {

  /** A matrix in the form of a layout. */
  record Packed(Layout layout, NativeBlock block) {}

  static CpuFrozenLinear of(FrozenLinear layer) {
    Check.that(
        layer instanceof CpuFrozenLinear,
        ErrorCode.MODEL,
        "a frozen layer of another engine; expected one that this engine froze");
    return (CpuFrozenLinear) layer;
  }

  @Override
  public long bytes() {
    long biasBytes = bias == null ? 0 : bias.bytes();
    return forward.block.bytes() + backward.block.bytes() + biasBytes;
  }

  @Override
  public void close() {
    forward.block.close();
    backward.block.close();
    if (bias != null) {
      bias.close();
    }
  }
}
