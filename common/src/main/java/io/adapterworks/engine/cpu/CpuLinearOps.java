package io.adapterworks.engine.cpu;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.FrozenSource;
import io.adapterworks.engine.LinearOps;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.Transpose;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/** Products of oneDNN, with bias, residual and the low-rank part as its post-operations. */
final class CpuLinearOps implements LinearOps {
  private final CpuContext context;
  private final FrozenWeights weights;
  private final FrozenProduct frozen;
  private final LowRank lowRank;
  private final CpuTransferOps transfer;

  CpuLinearOps(
      CpuContext context, FrozenWeights weights, LowRank lowRank, CpuTransferOps transfer) {
    this.context = context;
    this.weights = weights;
    this.frozen = new FrozenProduct(context);
    this.lowRank = lowRank;
    this.transfer = transfer;
  }

  @Override
  public FrozenLinear freeze(FrozenSource source) {
    return weights.freeze(source);
  }

  @Override
  public void forward(FrozenLinear layer, LoraGroup lora, Tensor x, Tensor h, Tensor y) {
    CpuFrozenLinear weights = CpuFrozenLinear.of(layer);
    // oneDNN adds to what y holds for nothing, so the low-rank part goes first where it may.
    if (lowRank.covers(lora, weights.out())) {
      lowRank.forward(lora, x, h, Write.SET, y);
      frozen.forward(weights, x, Write.ADD, y);
    } else {
      frozen.forward(weights, x, Write.SET, y);
      lowRank.forward(lora, x, h, Write.ADD, y);
    }
  }

  @Override
  public void forwardWithResidual(
      FrozenLinear layer, LoraGroup lora, Tensor x, Tensor h, Tensor residual, Tensor y) {
    if (CpuStorage.address(residual) != CpuStorage.address(y)) {
      transfer.cast(residual, y);
    }
    lowRank.forward(lora, x, h, Write.ADD, y);
    frozen.forward(CpuFrozenLinear.of(layer), x, Write.ADD, y);
  }

  @Override
  public void backward(
      FrozenLinear layer, LoraGroup lora, Tensor dy, Tensor x, Tensor h, Write write, Tensor dx) {
    Write rest = write;
    if (!lora.isEmpty()) {
      lowRank.backwardWeights(lora, dy, x, h);
      lowRank.backwardInput(lora, write, dx);
      rest = Write.ADD;
    }
    frozen.backward(CpuFrozenLinear.of(layer), dy, rest, dx);
  }

  @Override
  public void backwardWeights(LoraGroup lora, Tensor dy, Tensor x, Tensor h) {
    if (!lora.isEmpty()) {
      lowRank.backwardWeights(lora, dy, x, h);
    }
  }

  @Override
  public void product(Tensor a, Transpose opA, Tensor b, Transpose opB, Write write, Tensor c) {
    Tensor left = a;
    Tensor right = b;
    if (a.dtype() != b.dtype()) {
      left = context.asFloat(a, Scratch.Purpose.CAST_A);
      right = context.asFloat(b, Scratch.Purpose.CAST_B);
    }
    boolean widened = left.dtype() == DType.FLOAT32 && c.dtype() != DType.FLOAT32;
    Tensor target =
        widened
            ? context.scratch().tensor(Scratch.Purpose.CAST_C, DType.FLOAT32, c.rows(), c.columns())
            : c;
    List<PostOp> add = write == Write.ADD ? List.of(PostOp.ADD_TO_OUTPUT) : List.of();
    KernelSpec spec =
        new KernelSpec.Matmul(
            layout(left, opA),
            layout(right, opB),
            CpuContext.matrix(target),
            widened ? List.of() : add);
    context.run(spec, left, right, target);
    if (widened) {
      if (write == Write.ADD) {
        transfer.addScaled(target, 1f, c);
      } else {
        transfer.cast(target, c);
      }
    }
  }

  private static Layout layout(Tensor tensor, Transpose transpose) {
    Layout layout = CpuContext.matrix(tensor);
    return transpose == Transpose.YES ? layout.transposed() : layout;
  }

  @Override
  public void addBias(Tensor bias, Tensor y) {
    long rows = CpuStorage.rows(y);
    Layout layout = CpuContext.matrix(y, rows);
    Layout row = Layout.dense(bias.dtype(), 1, bias.columns());
    KernelSpec spec = new KernelSpec.Binary(dnnl.dnnl_binary_add, layout, row, layout, List.of());
    context.run(spec, y, bias, y);
  }

  @Override
  public void sumRows(Tensor x, Write write, Tensor sums) {
    int columns = (int) x.columns();
    float[] total = new float[columns];
    float[] row = new float[columns];
    if (write == Write.ADD) {
      context.rows().read(sums, 0, total);
    }
    for (long i = 0; i < x.rows(); i++) {
      context.rows().read(x, i, row);
      for (int c = 0; c < columns; c++) {
        total[c] += row[c];
      }
    }
    context.rows().write(sums, 0, total);
  }

  @Override
  public void scaleColumns(Tensor x, Tensor scales, Write write, Tensor y) {
    long rows = CpuStorage.rows(x, y);
    List<PostOp> postOps = write == Write.ADD ? List.of(PostOp.ADD_TO_OUTPUT) : List.of();
    KernelSpec spec =
        new KernelSpec.Binary(
            dnnl.dnnl_binary_mul,
            CpuContext.matrix(x, rows),
            Layout.dense(DType.FLOAT32, 1, scales.columns()),
            CpuContext.matrix(y, rows),
            postOps);
    context.run(spec, x, scales, y);
  }

  @Override
  public void sumRowProducts(Tensor a, Tensor b, Write write, Tensor sums) {
    int columns = (int) a.columns();
    double[] total = new double[columns];
    float[] left = new float[columns];
    float[] right = new float[columns];
    if (write == Write.ADD) {
      context.rows().read(sums, 0, left);
      for (int c = 0; c < columns; c++) {
        total[c] = left[c];
      }
    }
    for (long i = 0; i < a.rows(); i++) {
      context.rows().read(a, i, left);
      context.rows().read(b, i, right);
      for (int c = 0; c < columns; c++) {
        total[c] += (double) left[c] * right[c];
      }
    }
    for (int c = 0; c < columns; c++) {
      left[c] = (float) total[c];
    }
    context.rows().write(sums, 0, left);
  }
}
