package io.adapterworks.engine.cuda;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;

/** Memory of the host that the card reaches by itself. */
final class PageLockedMemory implements AutoCloseable {
  private final BytePointer pointer = new BytePointer();
  private final long bytes;

  PageLockedMemory(long bytes) {
    CudaStatus.runtime(cudart.cudaMallocHost(pointer, bytes), "allocating page-locked memory");
    this.bytes = bytes;
  }

  /** Where it begins; valid until it is closed. */
  BytePointer pointer() {
    return pointer;
  }

  long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    CudaStatus.runtime(cudart.cudaFreeHost(pointer), "freeing page-locked memory");
  }
}
