package io.adapterworks.engine.cpu;

import io.adapterworks.engine.FrozenSource;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Brings frozen weights into the forms that oneDNN multiplies fastest, and owns them. */
final class FrozenWeights implements AutoCloseable {
  /** The number of rows that the forms are chosen for; others use the same form. */
  private static final int TYPICAL_ROWS = 512;

  private final CpuContext context;
  private final CpuTransferOps transfer;
  private final List<CpuFrozenLinear> made = new ArrayList<>();

  FrozenWeights(CpuContext context, CpuTransferOps transfer) {
    this.context = context;
    this.transfer = transfer;
  }

  CpuFrozenLinear freeze(FrozenSource source) {
    Check.that(
        source.storage() == FrozenSource.WeightStorage.COMPUTE_TYPE,
        ErrorCode.DEVICE,
        "int8 weights on the cpu engine; expected weights in the compute type; leave out the"
            + " setting that asks for int8");
    int in = source.in();
    int out = source.out();
    DType dtype = context.computeType();
    CpuArena staging = new CpuArena("freeze").open();
    Tensor weights = staging.allocate(dtype, out, in);
    long row = 0;
    for (HostTensor weight : source.weights()) {
      long rows = weight.shape().rows();
      transfer.upload(weight, weights.rows(row, rows));
      row += rows;
    }
    Layout plain = CpuContext.matrix(weights);
    long address = CpuStorage.address(weights);
    CpuFrozenLinear layer =
        new CpuFrozenLinear(
            in,
            out,
            dtype,
            pack(plain.transposed(), address, dtype),
            pack(plain, address, dtype),
            bias(source.biases(), out));
    staging.close();
    staging.free();
    made.add(layer);
    return layer;
  }

  /** Copies a weight into the form that x(rows, in)·weight(in, out) wants. */
  private CpuFrozenLinear.Packed pack(Layout weight, long address, DType dtype) {
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
    return new CpuFrozenLinear.Packed(chosen, block);
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
