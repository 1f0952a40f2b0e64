package io.adapterworks.engine.cpu;

import io.adapterworks.engine.Segments;
import io.adapterworks.engine.SequenceOps;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.Tensor;
import java.util.Arrays;

/** Rows picked, pooled and spread in plain Java. */
final class CpuSequenceOps implements SequenceOps {
  private final CpuContext context;
  private final CpuTransferOps transfer;
  private float[] row = new float[0];
  private float[] sum = new float[0];

  CpuSequenceOps(CpuContext context, CpuTransferOps transfer) {
    this.context = context;
    this.transfer = transfer;
  }

  @Override
  public void gather(Tensor table, Tensor ids, Write write, Tensor y) {
    Tensor target =
        write == Write.SET
            ? y
            : context.scratch().tensor(Scratch.Purpose.GATHERED, y.dtype(), y.rows(), y.columns());
    NativeBlock places = CpuStorage.of(ids).block();
    int first = CpuStorage.index(ids, 0);
    for (int n = 0; n < y.rows(); n++) {
      RowAccess.copy(table, places.ints().get(first + n), target, n);
    }
    if (write == Write.ADD) {
      transfer.addScaled(target, 1f, y);
    }
  }

  @Override
  public void meanPoolForward(Tensor x, Segments segments, Tensor y) {
    int columns = reserve(x);
    Tensor floats = context.asFloat(x, Scratch.Purpose.CAST_A);
    for (int s = 0; s < segments.count(); s++) {
      Arrays.fill(sum, 0, columns, 0f);
      for (int n = segments.start(s); n < segments.start(s + 1); n++) {
        context.rows().read(floats, n, row);
        for (int c = 0; c < columns; c++) {
          sum[c] += row[c];
        }
      }
      scaleSum(columns, 1f / segments.length(s));
      context.rows().write(y, s, sum);
    }
  }

  @Override
  public void meanPoolBackward(Tensor dy, Segments segments, Tensor dx) {
    int columns = reserve(dy);
    for (int s = 0; s < segments.count(); s++) {
      context.rows().read(dy, s, sum);
      scaleSum(columns, 1f / segments.length(s));
      context.rows().write(dx, segments.start(s), sum);
      for (int n = segments.start(s) + 1; n < segments.start(s + 1); n++) {
        RowAccess.copy(dx, segments.start(s), dx, n);
      }
    }
  }

  private void scaleSum(int columns, float scale) {
    for (int c = 0; c < columns; c++) {
      sum[c] *= scale;
    }
  }

  @Override
  public void firstTokenForward(Tensor x, Segments segments, Tensor y) {
    reserve(x);
    for (int s = 0; s < segments.count(); s++) {
      context.rows().read(x, segments.start(s), row);
      context.rows().write(y, s, row);
    }
  }

  @Override
  public void firstTokenBackward(Tensor dy, Segments segments, Tensor dx) {
    reserve(dy);
    Zeros.fill(dx, 0, dx.rows());
    for (int s = 0; s < segments.count(); s++) {
      context.rows().read(dy, s, row);
      context.rows().write(dx, segments.start(s), row);
    }
  }

  private int reserve(Tensor tensor) {
    int columns = (int) tensor.columns();
    if (row.length < columns) {
      row = new float[columns];
      sum = new float[columns];
    }
    return columns;
  }
}
