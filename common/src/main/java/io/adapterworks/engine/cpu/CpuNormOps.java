package io.adapterworks.engine.cpu;

import io.adapterworks.engine.NormOps;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/** Layer normalisation by oneDNN, RMS normalisation in plain Java. */
final class CpuNormOps implements NormOps {
  private final CpuContext context;
  private final CpuTransferOps transfer;
  private float[] first = new float[0];
  private float[] second = new float[0];

  CpuNormOps(CpuContext context, CpuTransferOps transfer) {
    this.context = context;
    this.transfer = transfer;
  }

  @Override
  public void layerNormForward(
      Tensor x, Tensor gamma, Tensor beta, float epsilon, Tensor y, Tensor stats) {
    long rows = CpuStorage.rows(x, y);
    int exact = (int) x.rows();
    Tensor mean = context.scratch().tensor(Scratch.Purpose.MEAN, DType.FLOAT32, rows, 1);
    Tensor variance = context.scratch().tensor(Scratch.Purpose.VARIANCE, DType.FLOAT32, rows, 1);
    KernelSpec spec =
        new RowKernelSpec.LayerNorm(
            CpuContext.matrix(x, rows),
            Layout.dense(DType.FLOAT32, x.columns()),
            Layout.dense(DType.FLOAT32, rows),
            epsilon);
    context
        .dnnl()
        .run(
            spec,
            CpuStorage.address(x),
            CpuStorage.address(gamma),
            CpuStorage.address(beta),
            CpuStorage.address(y),
            CpuStorage.address(mean),
            CpuStorage.address(variance));
    reserve(2 * exact);
    CpuStorage.of(mean).block().floats().get(0, first, 0, exact);
    CpuStorage.of(variance).block().floats().get(0, first, exact, exact);
    for (int i = 0; i < exact; i++) {
      second[2 * i] = first[i];
      second[2 * i + 1] = (float) (1 / Math.sqrt((double) first[exact + i] + epsilon));
    }
    CpuStorage.of(stats).block().floats().put(CpuStorage.index(stats, 0), second, 0, 2 * exact);
  }

  @Override
  public void layerNormBackward(
      Tensor dy, Tensor x, Tensor gamma, Tensor stats, Write write, Tensor dx) {
    long rows = CpuStorage.rows(dy, x, dx);
    int exact = (int) x.rows();
    Tensor scaled =
        context.scratch().tensor(Scratch.Purpose.SCALED_GRADIENT, dy.dtype(), rows, dy.columns());
    Layout matrix = CpuContext.matrix(dy, rows);
    Layout row = Layout.dense(DType.FLOAT32, 1, dy.columns());
    context.run(
        new KernelSpec.Binary(
            dnnl.dnnl_binary_mul, matrix, row, CpuContext.matrix(scaled, rows), List.of()),
        dy,
        gamma,
        scaled);
    Tensor mean = context.scratch().tensor(Scratch.Purpose.MEAN, DType.FLOAT32, rows, 1);
    Tensor variance = context.scratch().tensor(Scratch.Purpose.VARIANCE, DType.FLOAT32, rows, 1);
    splitStats(stats, exact, mean, variance);
    Tensor target =
        write == Write.SET
            ? dx
            : context
                .scratch()
                .tensor(Scratch.Purpose.NORM_GRADIENT, dx.dtype(), rows, dx.columns());
    KernelSpec spec =
        new RowKernelSpec.LayerNormBackward(
            CpuContext.matrix(x, rows), Layout.dense(DType.FLOAT32, rows));
    context
        .dnnl()
        .run(
            spec,
            CpuStorage.address(scaled),
            CpuStorage.address(x),
            CpuStorage.address(mean),
            CpuStorage.address(variance),
            CpuStorage.address(target));
    if (write == Write.ADD) {
      transfer.addScaled(target.rows(0, dx.rows()), 1f, dx);
    }
  }

  /** Mean, and variance + epsilon, as oneDNN wants them. */
  private void splitStats(Tensor stats, int rows, Tensor mean, Tensor variance) {
    reserve(2 * rows);
    CpuStorage.of(stats).block().floats().get(CpuStorage.index(stats, 0), first, 0, 2 * rows);
    for (int i = 0; i < rows; i++) {
      float rstd = first[2 * i + 1];
      second[i] = first[2 * i];
      second[rows + i] = 1f / (rstd * rstd);
    }
    CpuStorage.of(mean).block().floats().put(0, second, 0, rows);
    CpuStorage.of(variance).block().floats().put(0, second, rows, rows);
  }

  @Override
  public void rmsNormForward(Tensor x, Tensor gamma, float epsilon, Tensor y, Tensor rstd) {
    int columns = (int) x.columns();
    reserve(Math.max(columns, (int) x.rows()));
    float[] weight = new float[columns];
    float[] scales = new float[(int) x.rows()];
    context.rows().read(gamma, 0, weight);
    for (int i = 0; i < scales.length; i++) {
      context.rows().read(x, i, first);
      double squares = 0;
      for (int c = 0; c < columns; c++) {
        squares += (double) first[c] * first[c];
      }
      float scale = (float) (1 / Math.sqrt(squares / columns + epsilon));
      for (int c = 0; c < columns; c++) {
        second[c] = first[c] * scale * weight[c];
      }
      context.rows().write(y, i, second);
      scales[i] = scale;
    }
    CpuStorage.of(rstd).block().floats().put(CpuStorage.index(rstd, 0), scales);
  }

  @Override
  public void rmsNormBackward(
      Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Write write, Tensor dx) {
    int columns = (int) x.columns();
    reserve(columns);
    float[] weight = new float[columns];
    float[] result = new float[columns];
    float[] scales = new float[(int) x.rows()];
    context.rows().read(gamma, 0, weight);
    CpuStorage.of(rstd).block().floats().get(CpuStorage.index(rstd, 0), scales);
    for (int i = 0; i < scales.length; i++) {
      context.rows().read(dy, i, first);
      context.rows().read(x, i, second);
      double dot = 0;
      for (int c = 0; c < columns; c++) {
        first[c] *= weight[c];
        dot += (double) first[c] * second[c];
      }
      float scale = scales[i];
      float along = (float) (dot / columns) * scale * scale;
      if (write == Write.ADD) {
        context.rows().read(dx, i, result);
      }
      for (int c = 0; c < columns; c++) {
        float gradient = scale * (first[c] - second[c] * along);
        result[c] = write == Write.ADD ? result[c] + gradient : gradient;
      }
      context.rows().write(dx, i, result);
    }
  }

  private void reserve(int count) {
    if (first.length < count) {
      first = new float[count];
      second = new float[count];
    }
  }
}
