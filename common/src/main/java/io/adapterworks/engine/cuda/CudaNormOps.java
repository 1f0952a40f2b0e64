package io.adapterworks.engine.cuda;

import io.adapterworks.engine.NormOps;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.Tensor;

/** {@link NormOps}: one block a row. */
final class CudaNormOps implements NormOps {
  private final CudaContext context;

  CudaNormOps(CudaContext context) {
    this.context = context;
  }

  @Override
  public void layerNormForward(
      Tensor x, Tensor gamma, Tensor beta, float epsilon, Tensor y, Tensor stats) {
    int width = CudaContext.vectorWidth(x.columns(), x, y, gamma, beta);
    context
        .launch("layer_norm_forward")
        .matrix(x)
        .tensor(gamma)
        .tensor(beta)
        .real(epsilon)
        .matrix(y)
        .tensor(stats)
        .integer(x.columns())
        .integer(width)
        .run(new Kernels.Grid(x.rows(), 1, 1), block(x, width), 0);
  }

  @Override
  public void layerNormBackward(
      Tensor dy, Tensor x, Tensor gamma, Tensor stats, Write write, Tensor dx) {
    backward("layer_norm_backward", new Gradient(dy, x, gamma, stats), write, dx);
  }

  @Override
  public void rmsNormForward(Tensor x, Tensor gamma, float epsilon, Tensor y, Tensor rstd) {
    int width = CudaContext.vectorWidth(x.columns(), x, y, gamma);
    context
        .launch("rms_norm_forward")
        .matrix(x)
        .tensor(gamma)
        .real(epsilon)
        .matrix(y)
        .tensor(rstd)
        .integer(x.columns())
        .integer(width)
        .run(new Kernels.Grid(x.rows(), 1, 1), block(x, width), 0);
  }

  @Override
  public void rmsNormBackward(
      Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Write write, Tensor dx) {
    backward("rms_norm_backward", new Gradient(dy, x, gamma, rstd), write, dx);
  }

  private record Gradient(Tensor dy, Tensor x, Tensor gamma, Tensor stats) {}

  private void backward(String kernel, Gradient from, Write write, Tensor dx) {
    Tensor x = from.x();
    int width = CudaContext.vectorWidth(x.columns(), from.dy(), x, from.gamma(), dx);
    context
        .launch(kernel)
        .matrix(from.dy())
        .matrix(x)
        .tensor(from.gamma())
        .tensor(from.stats())
        .flag(write == Write.ADD)
        .matrix(dx)
        .integer(x.columns())
        .integer(width)
        .run(new Kernels.Grid(x.rows(), 1, 1), block(x, width), 0);
  }

  /** Whole warps, as many as the row gives work to. */
  private static Kernels.Block block(Tensor x, int width) {
    long threads = (x.columns() / width + 31) / 32 * 32;
    return new Kernels.Block((int) Math.max(32, Math.min(threads, Kernels.BLOCK)), 1);
  }
}
