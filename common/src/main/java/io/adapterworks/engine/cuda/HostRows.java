package io.adapterworks.engine.cuda;

import io.adapterworks.engine.SequenceOps;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Tensor;
import java.util.function.Consumer;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
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
  private final CUevent_st landed = new CUevent_st();
  private final CUevent_st moved = new CUevent_st();
  private final DeviceArena landing;
  private final BytePointer picked = new BytePointer();
  private long room;
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
    for (CUevent_st event : new CUevent_st[] {landed, moved}) {
      CudaStatus.runtime(
          cudart.cudaEventCreateWithFlags(
              event, cudart.cudaEventDisableTiming | cudart.cudaEventBlockingSync),
          "creating an event");
    }
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
    reserve(bytes);
    // The rows before these may still be on their way.
    CudaStatus.runtime(cudart.cudaEventSynchronize(landed), "waiting for rows");
    long from = CudaStorage.address(table);
    for (int i = 0; i < ids.length; i++) {
      Pointer.memcpy(
          new Address(picked.address() + i * rowBytes),
          new Address(from + ids[i] * rowBytes),
          rowBytes);
    }
    CUstream_st stream = context.device().stream();
    wait(copies, moved);
    copy(new Address(landingPlace), picked, bytes, cudart.cudaMemcpyHostToDevice, copies);
    record(landed, copies);
    wait(stream, landed);
    copy(
        new Address(CudaStorage.address(y)),
        new Address(landingPlace),
        bytes,
        cudart.cudaMemcpyDeviceToDevice,
        stream);
    record(moved, stream);
  }

  /** Makes room for so many bytes on both sides. */
  private void reserve(long bytes) {
    if (bytes <= room) {
      return;
    }
    context.device().synchronize();
    release();
    CudaStatus.runtime(cudart.cudaMallocHost(picked, bytes), "allocating page-locked memory");
    landing.reset();
    landingPlace = landing.allocate(bytes);
    room = bytes;
  }

  private void release() {
    if (room > 0) {
      CudaStatus.runtime(cudart.cudaFreeHost(picked), "freeing page-locked memory");
      room = 0;
    }
  }

  private static void copy(Pointer to, Pointer from, long bytes, int kind, CUstream_st stream) {
    CudaStatus.runtime(cudart.cudaMemcpyAsync(to, from, bytes, kind, stream), "copying rows");
  }

  private static void wait(CUstream_st stream, CUevent_st event) {
    CudaStatus.runtime(cudart.cudaStreamWaitEvent(stream, event, 0), "making a stream wait");
  }

  private static void record(CUevent_st event, CUstream_st stream) {
    CudaStatus.runtime(cudart.cudaEventRecord(event, stream), "marking a copy's end");
  }

  @Override
  public void close() {
    context.device().synchronize();
    CudaStatus.runtime(cudart.cudaStreamSynchronize(copies), "waiting for rows");
    release();
    landing.close();
    CudaStatus.runtime(cudart.cudaEventDestroy(landed), "dropping an event");
    CudaStatus.runtime(cudart.cudaEventDestroy(moved), "dropping an event");
    CudaStatus.runtime(cudart.cudaStreamDestroy(copies), "closing a stream");
    onClose.accept(this);
  }
}
