package io.adapterworks.engine.cpu;

import io.adapterworks.engine.FrozenSource;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Brings frozen weights into the forms that oneDNN multiplies fastest, and owns them. */
final class FrozenWeights implements AutoCloseable {
  /** The number of rows that the forms are chosen for; others use the same form. */
  private static final int TYPICAL_ROWS = 512;

  private static final int LARGEST_BYTE = 127;

  private final CpuContext context;
  private final CpuTransferOps transfer;
  private final List<CpuFrozenLinear> made = new ArrayList<>();

  FrozenWeights(CpuContext context, CpuTransferOps transfer) {
    this.context = context;
    this.transfer = transfer;
  }

  CpuFrozenLinear freeze(FrozenSource source) {
    CpuFrozenLinear layer =
        source.storage() == FrozenSource.WeightStorage.INT8 ? eightBit(source) : packed(source);
    made.add(layer);
    return layer;
  }

  private CpuFrozenLinear packed(FrozenSource source) {
    int in = source.in();
    int out = source.out();
    CpuArena staging = new CpuArena("freeze").open();
    Tensor weights = staging.allocate(context.computeType(), out, in);
    long row = 0;
    for (HostTensor weight : source.weights()) {
      long rows = weight.shape().rows();
      transfer.upload(weight, weights.rows(row, rows));
      row += rows;
    }
    CpuFrozenLinear.Weight forward =
        pack(CpuContext.matrix(weights).transposed(), CpuStorage.address(weights));
    staging.close();
    staging.free();
    return new CpuFrozenLinear(
        in,
        new CpuFrozenLinear.Outputs(out, bias(source.biases(), out), null),
        forward,
        () -> turned(forward, in, out));
  }

  /** Wᵀ(in, out) in the form that dy(rows, out)·W(out, in) wants. */
  private CpuFrozenLinear.Weight turned(CpuFrozenLinear.Weight weight, int in, int out) {
    try (NativeBlock staging = new NativeBlock((long) in * out * context.computeType().bytes())) {
      Layout plain = Layout.dense(context.computeType(), in, out);
      long from = weight.block().address();
      context
          .dnnl()
          .run(new KernelSpec.Reorder(weight.layout(), plain, List.of()), from, staging.address());
      return pack(plain.transposed(), staging.address());
    }
  }

  /** Copies a weight into the form that x(rows, in)·weight(in, out) wants. */
  private CpuFrozenLinear.Weight pack(Layout weight, long address) {
    DType dtype = context.computeType();
    long in = weight.size(0);
    long out = weight.size(1);
    KernelSpec.Matmul typical =
        new KernelSpec.Matmul(
            Layout.dense(dtype, TYPICAL_ROWS, in),
            Layout.any(dtype, in, out),
            Layout.dense(dtype, TYPICAL_ROWS, out),
            List.of());
    Layout chosen = context.dnnl().chosenWeights(typical);
    NativeBlock block = new NativeBlock(chosen.bytes());
    context.dnnl().run(new KernelSpec.Reorder(weight, chosen, List.of()), address, block.address());
    return new CpuFrozenLinear.Weight(chosen, block);
  }

  /** Rounds each output's weights to multiples of its largest / 127. */
  private CpuFrozenLinear eightBit(FrozenSource source) {
    int in = source.in();
    int out = source.out();
    NativeBlock block = new NativeBlock((long) in * out);
    NativeBlock scales = new NativeBlock((long) out * Float.BYTES);
    byte[] bytes = new byte[in];
    int output = 0;
    for (HostTensor weight : source.weights()) {
      float[] values = weight.toFloats();
      for (int from = 0; from < values.length; from += in) {
        scales.floats().put(output, quantize(values, from, bytes));
        block.view().put(output * in, bytes);
        output++;
      }
    }
    Layout plain = Layout.dense(DType.INT8, out, in);
    return new CpuFrozenLinear(
        in,
        new CpuFrozenLinear.Outputs(out, bias(source.biases(), out), scales),
        new CpuFrozenLinear.Weight(plain.transposed(), block),
        () -> new CpuFrozenLinear.Weight(plain, block));
  }

  private static float quantize(float[] values, int from, byte[] bytes) {
    float largest = 0;
    for (int i = 0; i < bytes.length; i++) {
      largest = Math.max(largest, Math.abs(values[from + i]));
    }
    float scale = largest / LARGEST_BYTE;
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = scale == 0 ? 0 : (byte) Math.rint(values[from + i] / scale);
    }
    return scale;
  }

  private static NativeBlock bias(List<HostTensor> biases, int out) {
    if (biases.isEmpty()) {
      return null;
    }
    NativeBlock block = new NativeBlock((long) out * Float.BYTES);
    int at = 0;
    for (HostTensor bias : biases) {
      float[] values = bias.toFloats();
      block.floats().put(at, values);
      at += values.length;
    }
    return block;
  }

  @Override
  public void close() {
    made.forEach(CpuFrozenLinear::close);
    made.clear();
  }
}
