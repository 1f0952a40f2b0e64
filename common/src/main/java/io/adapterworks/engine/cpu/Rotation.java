package io.adapterworks.engine.cpu;

import io.adapterworks.tensor.Tensor;

/** Rotary positions, one row at a time. */
final class Rotation {
  private final RowAccess rows;
  private float[] row = new float[0];
  private float[] angles = new float[0];

  Rotation(RowAccess rows) {
    this.rows = rows;
  }

  /** Rotates by the angles of the table, times {@code direction}: 1 forward, -1 back. */
  void apply(Tensor x, int headDim, Tensor table, Tensor positions, float direction) {
    int columns = (int) x.columns();
    if (row.length < columns) {
      row = new float[columns];
      angles = new float[Math.max(columns, headDim)];
    }
    int half = headDim / 2;
    int first = CpuStorage.index(positions, 0);
    NativeBlock places = CpuStorage.of(positions).block();
    for (int n = 0; n < x.rows(); n++) {
      rows.read(table, places.ints().get(first + n), angles);
      rows.read(x, n, row);
      for (int head = 0; head < columns; head += headDim) {
        for (int i = 0; i < half; i++) {
          float cosine = angles[i];
          float sine = direction * angles[half + i];
          float a = row[head + i];
          float b = row[head + half + i];
          row[head + i] = a * cosine - b * sine;
          row[head + half + i] = b * cosine + a * sine;
        }
      }
      rows.write(x, n, row);
    }
  }
}
