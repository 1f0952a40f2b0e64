package io.adapterworks.engine.cpu;

import io.adapterworks.engine.Write;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/**
 * Products with frozen weights. Eight-bit weights are unpacked to the compute type for each
 * product, which costs one pass over them and is small beside the product of a few hundred rows.
 */
final class FrozenProduct {
  private final CpuContext context;

  FrozenProduct(CpuContext context) {
    this.context = context;
  }

  /** y = or += x·Wᵀ + bias. */
  void forward(CpuFrozenLinear layer, Tensor x, Write write, Tensor y) {
    long rows = CpuStorage.rows(x, y);
    List<PostOp> postOps = new ArrayList<>(3);
    long[] operands = new long[5];
    int count = 3;
    Layout outputs = Layout.dense(DType.FLOAT32, 1, layer.out());
    if (layer.isEightBit()) {
      postOps.add(new PostOp.Combine(dnnl.dnnl_binary_mul, outputs));
      operands[count++] = layer.scales().address();
    }
    if (layer.bias() != null) {
      postOps.add(
          layer.isEightBit()
              ? new PostOp.Combine(dnnl.dnnl_binary_add, outputs)
              : new PostOp.Bias(outputs));
      operands[count] = layer.bias().address();
    }
    if (write == Write.ADD) {
      postOps.add(PostOp.ADD_TO_OUTPUT);
    }
    run(layer, layer.forward(), rows, x, y, postOps, operands);
  }

  /** dx = or += dy·W. */
  void backward(CpuFrozenLinear layer, Tensor dy, Write write, Tensor dx) {
    long rows = CpuStorage.rows(dy, dx);
    Tensor gradient = layer.isEightBit() ? scaled(layer, dy, rows) : dy;
    List<PostOp> postOps = write == Write.ADD ? List.of(PostOp.ADD_TO_OUTPUT) : List.of();
    run(layer, layer.backward(), rows, gradient, dx, postOps, new long[3]);
  }

  private void run(
      CpuFrozenLinear layer,
      CpuFrozenLinear.Weight weight,
      long rows,
      Tensor x,
      Tensor y,
      List<PostOp> postOps,
      long[] operands) {
    operands[0] = CpuStorage.address(x);
    operands[2] = CpuStorage.address(y);
    Layout layout = weight.layout();
    if (layer.isEightBit()) {
      layout = weight.layout().as(context.computeType());
      operands[1] =
          context
              .scratch()
              .address(
                  Scratch.Purpose.UNPACKED, context.computeType(), (long) layer.in() * layer.out());
      context
          .dnnl()
          .run(
              new KernelSpec.Reorder(weight.layout(), layout, List.of()),
              weight.block().address(),
              operands[1]);
    } else {
      operands[1] = weight.block().address();
    }
    KernelSpec spec =
        new KernelSpec.Matmul(
            CpuContext.matrix(x, rows), layout, CpuContext.matrix(y, rows), postOps);
    context.dnnl().run(spec, operands);
  }

  /** dy with each output's column multiplied by its scale. */
  private Tensor scaled(CpuFrozenLinear layer, Tensor dy, long rows) {
    Tensor scaled =
        context
            .scratch()
            .tensor(Scratch.Purpose.SCALED_GRADIENT, dy.dtype(), dy.rows(), dy.columns());
    KernelSpec spec =
        new KernelSpec.Binary(
            dnnl.dnnl_binary_mul,
            CpuContext.matrix(dy, rows),
            Layout.dense(DType.FLOAT32, 1, layer.out()),
            CpuContext.matrix(scaled, rows),
            List.of());
    context
        .dnnl()
        .run(spec, CpuStorage.address(dy), layer.scales().address(), CpuStorage.address(scaled));
    return scaled;
  }
}
