package io.adapterworks.engine.cuda;

import io.adapterworks.engine.ActivationOps;
import io.adapterworks.engine.Dropout;
import io.adapterworks.tensor.Tensor;

/** {@link ActivationOps}: one thread for eight elements. */
final class CudaActivationOps implements ActivationOps {
  private final CudaContext context;
  private final LowRank lowRank;

  CudaActivationOps(CudaContext context, LowRank lowRank) {
    this.context = context;
    this.lowRank = lowRank;
  }

  private void forward(String kernel, Tensor x, Tensor y) {
    long count = y.shape().elements();
    int width = CudaContext.vectorWidth(count, x, y);
    context.launch(kernel).tensor(x).tensor(y).number(count).integer(width).each(count / width);
  }

  private void backward(String kernel, Tensor dy, Tensor x, Tensor dx) {
    long count = dx.shape().elements();
    int width = CudaContext.vectorWidth(count, dy, x, dx);
    context
        .launch(kernel)
        .tensor(dy)
        .tensor(x)
        .tensor(dx)
        .number(count)
        .integer(width)
        .each(count / width);
  }

  @Override
  public void geluForward(Tensor x, Tensor y) {
    forward("gelu_forward", x, y);
  }

  @Override
  public void geluBackward(Tensor dy, Tensor x, Tensor dx) {
    backward("gelu_backward", dy, x, dx);
  }

  @Override
  public void tanhForward(Tensor x, Tensor y) {
    forward("tanh_forward", x, y);
  }

  @Override
  public void tanhBackward(Tensor dy, Tensor y, Tensor dx) {
    backward("tanh_backward", dy, y, dx);
  }

  @Override
  public void swiGluForward(Tensor gateUp, Tensor y) {
    int width = CudaContext.vectorWidth(y.columns(), gateUp, y);
    context
        .launch("swiglu_forward")
        .matrix(gateUp)
        .matrix(y)
        .integer(y.columns())
        .integer(width)
        .eachOfRows(y.rows(), y.columns() / width);
  }

  @Override
  public void swiGluBackward(Tensor dy, Tensor gateUp, Tensor dGateUp) {
    int width = CudaContext.vectorWidth(dy.columns(), dy, gateUp, dGateUp);
    context
        .launch("swiglu_backward")
        .matrix(dy)
        .matrix(gateUp)
        .matrix(dGateUp)
        .integer(dy.columns())
        .integer(width)
        .eachOfRows(dy.rows(), dy.columns() / width);
  }

  @Override
  public void dropout(Tensor x, Dropout dropout, Tensor y) {
    lowRank.drop(x, dropout, y);
  }
}
