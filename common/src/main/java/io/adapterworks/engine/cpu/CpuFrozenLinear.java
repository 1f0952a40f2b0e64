package io.adapterworks.engine.cpu;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;

/**
 * Frozen weights on the processor.
 *
 * @param forward form of Wᵀ(in, out), for x·Wᵀ
 * @param backward form of W(out, in), for dy·W
 * @param bias bias(out) in float32, or null
 * @param scales what the eight-bit weights of each output are multiplied by, float32 (out); null
 *     where weights are in the compute type
 */
record CpuFrozenLinear(
    int in, int out, Weight forward, Weight backward, NativeBlock bias, NativeBlock scales)
    implements FrozenLinear, AutoCloseable {

  /** A matrix in the form of a layout. */
  record Weight(Layout layout, NativeBlock block) {}

  static CpuFrozenLinear of(FrozenLinear layer) {
    Check.that(
        layer instanceof CpuFrozenLinear,
        ErrorCode.MODEL,
        "a frozen layer of another engine; expected one that this engine froze");
    return (CpuFrozenLinear) layer;
  }

  /** Whether the weights are eight-bit integers; both forms are then the same memory. */
  boolean isEightBit() {
    return scales != null;
  }

  @Override
  public long bytes() {
    long weights = forward.block.bytes() + (isEightBit() ? 0 : backward.block.bytes());
    return weights + (bias == null ? 0 : bias.bytes()) + (scales == null ? 0 : scales.bytes());
  }

  @Override
  public void close() {
    forward.block.close();
    if (isEightBit()) {
      scales.close();
    } else {
      backward.block.close();
    }
    if (bias != null) {
      bias.close();
    }
  }
}
