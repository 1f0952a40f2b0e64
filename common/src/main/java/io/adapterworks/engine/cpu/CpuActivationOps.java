package io.adapterworks.engine.cpu;

import io.adapterworks.engine.ActivationOps;
import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.Tensor;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/** Element-wise functions of oneDNN. */
final class CpuActivationOps implements ActivationOps {
  /** swish(x) = x · sigmoid(alpha · x); with alpha 1 it is silu. */
  private static final float SILU_ALPHA = 1f;

  private final CpuContext context;
  private final DropoutMasks masks;
  private final CpuTransferOps transfer;

  CpuActivationOps(CpuContext context, DropoutMasks masks, CpuTransferOps transfer) {
    this.context = context;
    this.masks = masks;
    this.transfer = transfer;
  }

  @Override
  public void geluForward(Tensor x, Tensor y) {
    forward(dnnl.dnnl_eltwise_gelu_erf, x, y);
  }

  @Override
  public void geluBackward(Tensor dy, Tensor x, Tensor dx) {
    backward(dnnl.dnnl_eltwise_gelu_erf, KernelSpec.EltwiseBackward.Source.INPUT, dy, x, dx);
  }

  @Override
  public void tanhForward(Tensor x, Tensor y) {
    forward(dnnl.dnnl_eltwise_tanh, x, y);
  }

  @Override
  public void tanhBackward(Tensor dy, Tensor y, Tensor dx) {
    backward(
        dnnl.dnnl_eltwise_tanh_use_dst_for_bwd,
        KernelSpec.EltwiseBackward.Source.OUTPUT,
        dy,
        y,
        dx);
  }

  private void forward(int algorithm, Tensor x, Tensor y) {
    Layout layout = flat(CpuStorage.rows(x, y), x);
    context.run(new KernelSpec.Eltwise(algorithm, 0f, 0f, layout, layout), x, y);
  }

  private void backward(
      int algorithm, KernelSpec.EltwiseBackward.Source source, Tensor dy, Tensor seen, Tensor dx) {
    Layout layout = flat(CpuStorage.rows(dy, seen, dx), dy);
    context.run(new KernelSpec.EltwiseBackward(algorithm, source, 0f, layout), dy, seen, dx);
  }

  private static Layout flat(long rows, Tensor tensor) {
    return Layout.dense(tensor.dtype(), rows * tensor.columns());
  }

  @Override
  public void swiGluForward(Tensor gateUp, Tensor y) {
    long width = y.columns();
    Tensor gate = dense(Scratch.Purpose.GATE, gateUp.columns(0, width));
    Tensor up = dense(Scratch.Purpose.UP, gateUp.columns(width, width));
    Layout layout = flat(y.rows(), y);
    context.run(silu(layout), gate, y);
    multiply(layout, y, up, y);
  }

  @Override
  public void swiGluBackward(Tensor dy, Tensor gateUp, Tensor dGateUp) {
    long width = dy.columns();
    Tensor gate = dense(Scratch.Purpose.GATE, gateUp.columns(0, width));
    Tensor up = dense(Scratch.Purpose.UP, gateUp.columns(width, width));
    Tensor activated =
        context.scratch().tensor(Scratch.Purpose.SWISH, dy.dtype(), dy.rows(), width);
    Tensor gradient =
        context.scratch().tensor(Scratch.Purpose.GATE_GRADIENT, dy.dtype(), dy.rows(), width);
    Layout layout = flat(dy.rows(), dy);
    context.run(silu(layout), gate, activated);
    multiply(layout, dy, activated, activated);
    transfer.cast(activated, dGateUp.columns(width, width));
    multiply(layout, dy, up, up);
    context.run(
        new KernelSpec.EltwiseBackward(
            dnnl.dnnl_eltwise_swish, KernelSpec.EltwiseBackward.Source.INPUT, SILU_ALPHA, layout),
        up,
        gate,
        gradient);
    transfer.cast(gradient, dGateUp.columns(0, width));
  }

  private static KernelSpec silu(Layout layout) {
    return new KernelSpec.Eltwise(dnnl.dnnl_eltwise_swish, SILU_ALPHA, 0f, layout, layout);
  }

  private void multiply(Layout layout, Tensor a, Tensor b, Tensor c) {
    context.run(
        new KernelSpec.Binary(dnnl.dnnl_binary_mul, layout, layout, layout, List.of()), a, b, c);
  }

  private Tensor dense(Scratch.Purpose purpose, Tensor strided) {
    Tensor copy =
        context.scratch().tensor(purpose, strided.dtype(), strided.rows(), strided.columns());
    transfer.cast(strided, copy);
    return copy;
  }

  @Override
  public void dropout(Tensor x, Dropout dropout, Tensor y) {
    masks.apply(context, dropout, CpuStorage.rows(x, y), x, Write.SET, y);
  }
}
