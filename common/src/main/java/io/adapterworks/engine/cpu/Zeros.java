package io.adapterworks.engine.cpu;

import io.adapterworks.tensor.Tensor;

/** Zeroes rows of a contiguous tensor. */
final class Zeros {
  private static final byte[] ZEROS = new byte[1 << 14];

  private Zeros() {}

  /** Zeroes the room behind the last row, up to {@code rows} rows; nobody else's memory. */
  static void behind(Tensor tensor, long rows) {
    if (rows > tensor.rows()) {
      fill(tensor, tensor.rows(), rows - tensor.rows());
    }
  }

  static void fill(Tensor tensor, long firstRow, long rows) {
    int width = tensor.dtype().bytes();
    int at = CpuStorage.index(tensor, firstRow) * width;
    long left = rows * tensor.columns() * width;
    NativeBlock block = CpuStorage.of(tensor).block();
    while (left > 0) {
      int count = (int) Math.min(left, ZEROS.length);
      block.view().put(at, ZEROS, 0, count);
      at += count;
      left -= count;
    }
  }
}
