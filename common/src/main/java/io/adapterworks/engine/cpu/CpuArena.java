package io.adapterworks.engine.cpu;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;

/** Blocks of memory that are handed out front to back, and again from the front after closing. */
final class CpuArena implements TensorScope {
  private static final long BLOCK_BYTES = 16L << 20;
  private static final int ALIGNMENT = 64;

  private final String name;
  private final List<NativeBlock> blocks = new ArrayList<>();
  private int current;
  private long used;
  private long handedOut;
  private boolean open;

  CpuArena(String name) {
    this.name = name;
  }

  CpuArena open() {
    Check.that(
        !open,
        ErrorCode.MODEL,
        "the scope %s is open already; close it before it is opened again",
        name);
    open = true;
    current = 0;
    used = 0;
    handedOut = 0;
    return this;
  }

  @Override
  public Tensor allocate(DType dtype, long... sizes) {
    Check.that(open, ErrorCode.MODEL, "the scope %s is closed; open it to allocate", name);
    Shape shape = Shape.of(sizes);
    long bytes = shape.elements() * dtype.bytes();
    long roomyRows = CpuStorage.rounded(shape.rows());
    long room = Math.max(1, roomyRows * shape.columns() * dtype.bytes());
    room = (room + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    while (current < blocks.size() && used + room > blocks.get(current).bytes()) {
      current++;
      used = 0;
    }
    if (current == blocks.size()) {
      long grown = blocks.stream().mapToLong(NativeBlock::bytes).sum();
      blocks.add(new NativeBlock(Math.max(room, Math.max(BLOCK_BYTES, Math.min(grown, 1L << 30)))));
    }
    CpuStorage storage = new CpuStorage(blocks.get(current), used, bytes, shape.rows(), roomyRows);
    used += room;
    handedOut += bytes;
    return Tensor.of(storage, 0, shape, dtype);
  }

  @Override
  public long bytes() {
    return handedOut;
  }

  @Override
  public void close() {
    open = false;
  }

  /** Gives the memory back to the system. */
  void free() {
    blocks.forEach(NativeBlock::close);
    blocks.clear();
  }
}
