package io.adapterworks.engine.cuda;

import io.adapterworks.engine.SequenceOps;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Tensor;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;

/**
 * Rows of a table in the host's memory, picked by the host and brought by the card's copy engine on
 * a stream of their own: the card computes meanwhile. They land beside what may still be in use,
 * and are moved to their place in the order of the engine's stream.
 */
final class HostRows implements SequenceOps.RowsAhead {
  private final CudaContext context;
  private final Tensor table;
  private final Consumer<HostRows> onClose;
  private final CUstream_st copies = new CUstream_st();
  private final CudaEvent landed = new CudaEvent();
  private final CudaEvent moved = new CudaEvent();
  private final DeviceArena landing;

  /** Where the host puts rows side by side, as much as there was ever need for. */
  private Optional<PageLockedMemory> picked = Optional.empty();

  private long landingPlace;

  /**
   * @param table in page-locked memory of the host
   * @param onClose is told once nothing is left to be closed
   */
  HostRows(CudaContext context, Tensor table, Consumer<HostRows> onClose) {
    this.context = context;
    this.table = table;
    this.onClose = onClose;
    this.landing = new DeviceArena(context.device(), "rows on their way");
    CudaStatus.runtime(
        cudart.cudaStreamCreateWithFlags(copies, cudart.cudaStreamNonBlocking),
        "creating a stream");
  }

  /** Bytes of the card's memory that rows land in. */
  long committed() {
    return landing.committed();
  }

  @Override
  public void gather(int[] ids, Tensor y) {
    long rowBytes = table.columns() * table.dtype().bytes();
    long bytes = ids.length * rowBytes;
    Check.that(
        y.isContiguous() && y.dtype() == table.dtype() && y.bytes() == bytes,
        ErrorCode.MODEL,
        "%d rows of %s do not fit %s",
        ids.length,
        table,
        y);
    Pointer rows = room(bytes).pointer();
    // The rows before these may still be on their way.
    landed.await();
    long from = CudaStorage.address(table);
    for (int i = 0; i < ids.length; i++) {
      Pointer.memcpy(
          new Address(rows.address() + i * rowBytes),
          new Address(from + ids[i] * rowBytes),
          rowBytes);
    }
    CUstream_st stream = context.device().stream();
    moved.awaitOn(copies);
    copy(new Address(landingPlace), rows, bytes, cudart.cudaMemcpyHostToDevice, copies);
    landed.mark(copies);
    landed.awaitOn(stream);
    copy(
        new Address(CudaStorage.address(y)),
        new Address(landingPlace),
        bytes,
        cudart.cudaMemcpyDeviceToDevice,
        stream);
    moved.mark(stream);
  }

  /** Room for so many bytes on the host, and on the card as much. */
  private PageLockedMemory room(long bytes) {
    if (picked.isEmpty() || picked.get().bytes() < bytes) {
      context.device().synchronize();
      picked.ifPresent(PageLockedMemory::close);
      picked = Optional.empty();
      picked = Optional.of(new PageLockedMemory(bytes));
      landing.reset();
      landingPlace = landing.allocate(bytes);
    }
    return picked.get();
  }

  private static void copy(Pointer to, Pointer from, long bytes, int kind, CUstream_st stream) {
    CudaStatus.runtime(cudart.cudaMemcpyAsync(to, from, bytes, kind, stream), "copying rows");
  }

  @Override
  public void close() {
    context.device().synchronize();
    CudaStatus.runtime(cudart.cudaStreamSynchronize(copies), "waiting for rows");
    picked.ifPresent(PageLockedMemory::close);
    landing.close();
    landed.close();
    moved.close();
    CudaStatus.runtime(cudart.cudaStreamDestroy(copies), "closing a stream");
    onClose.accept(this);
  }
}
