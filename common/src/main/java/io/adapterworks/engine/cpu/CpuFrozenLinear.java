package io.adapterworks.engine.cpu;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.function.Supplier;

/**
 * Frozen weights on the processor. The form that backward multiplies fastest is made when it is
 * first asked for: whoever only generates holds every weight once.
 */
final class CpuFrozenLinear implements FrozenLinear, AutoCloseable {
  private final int in;
  private final int out;
  private final Weight forward;
  private final Supplier<Weight> turned;
  private final NativeBlock bias;
  private final NativeBlock scales;
  private Weight backward;

  /** A matrix in the form of a layout. */
  record Weight(Layout layout, NativeBlock block) {}

  /**
   * What stands beside the weights.
   *
   * @param bias bias(out) in float32, or null
   * @param scales what the eight-bit weights of each output are multiplied by, float32 (out); null
   *     where weights are in the compute type
   */
  record Outputs(int out, NativeBlock bias, NativeBlock scales) {}

  /**
   * Weights of {@code in} inputs.
   *
   * @param forward form of Wᵀ(in, out), for x·Wᵀ
   * @param turned makes the form of W(out, in), for dy·W; of eight-bit weights it is the same
   *     memory
   */
  CpuFrozenLinear(int in, Outputs outputs, Weight forward, Supplier<Weight> turned) {
    this.in = in;
    this.out = outputs.out;
    this.forward = forward;
    this.turned = turned;
    this.bias = outputs.bias;
    this.scales = outputs.scales;
  }

  static CpuFrozenLinear of(FrozenLinear layer) {
    Check.that(
        layer instanceof CpuFrozenLinear,
        ErrorCode.MODEL,
        "a frozen layer of another engine; expected one that this engine froze");
    return (CpuFrozenLinear) layer;
  }

  @Override
  public int in() {
    return in;
  }

  @Override
  public int out() {
    return out;
  }

  /** The form of Wᵀ(in, out). */
  Weight forward() {
    return forward;
  }

  /** The form of W(out, in). */
  Weight backward() {
    if (backward == null) {
      backward = turned.get();
    }
    return backward;
  }

  /** See {@link Outputs}. */
  NativeBlock bias() {
    return bias;
  }

  /** See {@link Outputs}. */
  NativeBlock scales() {
    return scales;
  }

  /** Whether the weights are eight-bit integers; both forms are then the same memory. */
  boolean isEightBit() {
    return scales != null;
  }

  private boolean isHeldTwice() {
    return backward != null && !isEightBit();
  }

  @Override
  public long bytes() {
    long weights = forward.block.bytes() + (isHeldTwice() ? backward.block.bytes() : 0);
    return weights + (bias == null ? 0 : bias.bytes()) + (scales == null ? 0 : scales.bytes());
  }

  @Override
  public void close() {
    forward.block.close();
    if (isHeldTwice()) {
      backward.block.close();
    }
    if (scales != null) {
      scales.close();
    }
    if (bias != null) {
      bias.close();
    }
  }
}
