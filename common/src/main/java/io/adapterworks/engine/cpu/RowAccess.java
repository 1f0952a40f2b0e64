package io.adapterworks.engine.cpu;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Float16;
import io.adapterworks.tensor.Tensor;
import java.util.Arrays;

/**
 * Rows of FLOAT32 and BFLOAT16 tensors as Java arrays, for what plain Java computes. Array loops
 * are vectorised by the JIT compiler, loops over native memory are not.
 */
final class RowAccess {
  private short[] bits = new short[1024];

  /** Fills the front of {@code into} with row {@code row}. */
  void read(Tensor from, long row, float[] into) {
    read(from, row, into, 0);
  }

  /** Fills {@code into} from {@code at} on with row {@code row}. */
  void read(Tensor from, long row, float[] into, int at) {
    int columns = (int) from.columns();
    int index = CpuStorage.index(from, row);
    NativeBlock block = CpuStorage.of(from).block();
    if (from.dtype() == DType.FLOAT32) {
      block.floats().get(index, into, at, columns);
      return;
    }
    short[] source = bits(columns);
    block.shorts().get(index, source, 0, columns);
    for (int i = 0; i < columns; i++) {
      into[at + i] = Float16.fromBfloat16(source[i]);
    }
  }

  /** Sets row {@code row} from the front of {@code from}. */
  void write(Tensor to, long row, float[] from) {
    write(to, row, from, 0);
  }

  /** Sets row {@code row} from {@code from}, from {@code at} on. */
  void write(Tensor to, long row, float[] from, int at) {
    int columns = (int) to.columns();
    int index = CpuStorage.index(to, row);
    NativeBlock block = CpuStorage.of(to).block();
    if (to.dtype() == DType.FLOAT32) {
      block.floats().put(index, from, at, columns);
      return;
    }
    short[] target = bits(columns);
    for (int i = 0; i < columns; i++) {
      target[i] = Float16.toBfloat16(from[at + i]);
    }
    block.shorts().put(index, target, 0, columns);
  }

  /** Copies a row to a row of the same type and width. */
  static void copy(Tensor from, long fromRow, Tensor to, long toRow) {
    copyElements(from, fromRow, to, toRow, from.columns());
  }

  /** Copies {@code count} rows to rows of the same type and width. */
  static void copy(Tensor from, long fromRow, Tensor to, long toRow, long count) {
    boolean dense = from.rowStride() == from.columns() && to.rowStride() == to.columns();
    if (dense) {
      copyElements(from, fromRow, to, toRow, count * from.columns());
      return;
    }
    for (long i = 0; i < count; i++) {
      copy(from, fromRow + i, to, toRow + i);
    }
  }

  private static void copyElements(
      Tensor from, long fromRow, Tensor to, long toRow, long elements) {
    int width = from.dtype().bytes();
    CpuStorage.of(to)
        .block()
        .view()
        .put(
            CpuStorage.index(to, toRow) * width,
            CpuStorage.of(from).block().view(),
            CpuStorage.index(from, fromRow) * width,
            Math.toIntExact(elements * width));
  }

  private short[] bits(int count) {
    if (bits.length < count) {
      bits = Arrays.copyOf(bits, Math.max(count, 2 * bits.length));
    }
    return bits;
  }
}
