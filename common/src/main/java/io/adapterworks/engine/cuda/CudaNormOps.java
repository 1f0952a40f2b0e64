package io.adapterworks.engine.cuda;

import io.adapterworks.engine.NormOps;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.Tensor;

/** {@link NormOps}: one block a row. */
final class CudaNormOps implements NormOps {
  /** Vectors of a row that a thread holds in registers: MOST_HELD of norm.cu. */
  private static final int HELD = 2;

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
        .run(new Kernels.Grid(x.rows(), 1, 1), block(x, width, 1), 0);
  }

  @Override
  public void layerNormBackward(
      Tensor dy, Tensor x, Tensor gamma, Tensor stats, Write write, Tensor dx) {
    backward("layer_norm_backward", new Gradient(dy, x, gamma, stats, 1), write, dx);
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
        .run(new Kernels.Grid(x.rows(), 1, 1), block(x, width, HELD), 0);
  }

  @Override
  public void rmsNormBackward(
      Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Write write, Tensor dx) {
    backward("rms_norm_backward", new Gradient(dy, x, gamma, rstd, HELD), write, dx);
  }

  private record Gradient(Tensor dy, Tensor x, Tensor gamma, Tensor stats, int vectors) {}

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
        .run(new Kernels.Grid(x.rows(), 1, 1), block(x, width, from.vectors()), 0);
  }

  /** Whole warps, as many as give each thread so many vectors of a row. */
  private static Kernels.Block block(Tensor x, int width, int vectors) {
    long each = (long) width * vectors;
    long threads = ((x.columns() + each - 1) / each + 31) / 32 * 32;
    return new Kernels.Block((int) Math.max(32, Math.min(threads, Kernels.BLOCK)), 1);
  }
}
