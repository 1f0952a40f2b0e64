package io.adapterworks.engine.cuda;

import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;

/** A point in a stream's work that the host or another stream can wait for. */
final class CudaEvent implements AutoCloseable {
  private final CUevent_st event = new CUevent_st();

  CudaEvent() {
    CudaStatus.runtime(
        cudart.cudaEventCreateWithFlags(
            event, cudart.cudaEventDisableTiming | cudart.cudaEventBlockingSync),
        "creating an event");
  }

  /** The point is now behind all that was launched on the stream. */
  void mark(CUstream_st stream) {
    CudaStatus.runtime(cudart.cudaEventRecord(event, stream), "marking a copy's end");
  }

  /** The host waits; not at all for a point that was never marked. */
  void await() {
    CudaStatus.runtime(cudart.cudaEventSynchronize(event), "waiting for a copy");
  }

  /** What is launched on the stream from now on waits; not at all for what was never marked. */
  void awaitOn(CUstream_st stream) {
    CudaStatus.runtime(cudart.cudaStreamWaitEvent(stream, event, 0), "making a stream wait");
  }

  @Override
  public void close() {
    CudaStatus.runtime(cudart.cudaEventDestroy(event), "dropping an event");
  }
}
