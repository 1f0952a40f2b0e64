package io.adapterworks.engine.cpu;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Storage;
import io.adapterworks.tensor.Tensor;

/**
 * One allocation of an arena: a matrix of {@code rows} rows with room for some more behind it,
 * which belongs to nobody else, so that primitives may compute a rounded-up number of rows.
 *
 * @param start bytes from the block's start
 * @param bytes of the elements
 * @param rows rows that were asked for
 * @param roomyRows rows that fit
 */
record CpuStorage(NativeBlock block, long start, long bytes, long rows, long roomyRows)
    implements Storage {
  /** Rows are rounded up to a multiple of this: the height of a tile of AMX. */
  static final int ROW_QUANTUM = 16;

  @Override
  public String device() {
    return "cpu";
  }

  static long rounded(long rows) {
    return (rows + ROW_QUANTUM - 1) / ROW_QUANTUM * ROW_QUANTUM;
  }

  static CpuStorage of(Tensor tensor) {
    Check.that(
        tensor.storage() instanceof CpuStorage,
        ErrorCode.MODEL,
        "tensor %s; expected one of the cpu engine: allocate it in a scope of this engine",
        tensor);
    return (CpuStorage) tensor.storage();
  }

  /** The address of the first element. */
  static long address(Tensor tensor) {
    CpuStorage storage = of(tensor);
    return storage.block.address() + storage.start + tensor.offset() * tensor.dtype().bytes();
  }

  /** The index of row {@code row} in the block's view of this type. */
  static int index(Tensor tensor, long row) {
    long elements = of(tensor).start / tensor.dtype().bytes();
    return Math.toIntExact(elements + tensor.offset() + row * tensor.rowStride());
  }

  /**
   * The rows to compute for these tensors: rounded up where there is room behind the last row of
   * each, exact otherwise, and where they are so few that reading the weights takes longest. All
   * have as many rows as the first.
   */
  static long rows(Tensor first, Tensor... others) {
    long rows = first.rows();
    long rounded = rounded(rows);
    if (rounded == rows || rows < ROW_QUANTUM / 2) {
      return rows;
    }
    if (!hasRoom(first, rows, rounded)) {
      return rows;
    }
    for (Tensor other : others) {
      if (!hasRoom(other, rows, rounded)) {
        return rows;
      }
    }
    return rounded;
  }

  private static boolean hasRoom(Tensor tensor, long rows, long wanted) {
    CpuStorage storage = of(tensor);
    long stride = tensor.rowStride();
    if (stride * storage.rows * tensor.dtype().bytes() != storage.bytes) {
      return false;
    }
    long firstRow = tensor.offset() / stride;
    return firstRow + rows == storage.rows && firstRow + wanted <= storage.roomyRows;
  }
}
