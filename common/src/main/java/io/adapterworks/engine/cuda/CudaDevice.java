package io.adapterworks.engine.cuda;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;

/** One card: its stream, its facts, and copies to and from it. */
final class CudaDevice implements AutoCloseable {
  private static final int OLDEST_MAJOR = 8;

  private final int index;
  private final CUstream_st stream = new CUstream_st();
  private final int major;
  private final int minor;
  private final String name;

  /** Opens card {@code index}; fails with DEVICE where the libraries or the card are missing. */
  CudaDevice(int index) {
    this.index = index;
    CudaLibraries.load();
    int[] count = new int[1];
    int status = cudart.cudaGetDeviceCount(count);
    Check.that(
        status == cudart.cudaSuccess && index < count[0],
        ErrorCode.DEVICE,
        "no CUDA device %d (%s, %d found); expected an NVIDIA card and its driver; check"
            + " nvidia-smi, or set engine.device=cpu",
        index,
        cudart.cudaGetErrorString(status).getString(),
        count[0]);
    CudaStatus.runtime(cudart.cudaSetDevice(index), "selecting the card");
    major = attribute(cudart.cudaDevAttrComputeCapabilityMajor);
    minor = attribute(cudart.cudaDevAttrComputeCapabilityMinor);
    byte[] text = new byte[256];
    CudaStatus.driver(cudart.cuDeviceGetName(text, text.length, index), "naming the card");
    name = new String(text, StandardCharsets.US_ASCII).trim();
    Check.that(
        major >= OLDEST_MAJOR,
        ErrorCode.DEVICE,
        "%s has compute capability %d.%d; expected 8.0 or higher; set engine.device=cpu",
        name,
        major,
        minor);
    CudaStatus.runtime(
        cudart.cudaStreamCreateWithFlags(stream, cudart.cudaStreamNonBlocking),
        "creating a stream");
  }

  int index() {
    return index;
  }

  CUstream_st stream() {
    return stream;
  }

  /** For example {@code NVIDIA H100 80GB HBM3, compute capability 9.0}. */
  String describe() {
    return name + ", compute capability " + major + "." + minor;
  }

  /** For example {@code sm_86}: what kernels are compiled for. */
  String architecture() {
    return "sm_" + major + minor + (hasWarpgroupProducts() ? "a" : "");
  }

  /** Compute capability 9.0 alone has them. */
  boolean hasWarpgroupProducts() {
    return major == 9 && minor == 0;
  }

  int multiprocessors() {
    return attribute(cudart.cudaDevAttrMultiProcessorCount);
  }

  /** The most shared memory of a block. */
  int sharedBytes() {
    return attribute(cudart.cudaDevAttrMaxSharedMemoryPerBlockOptin);
  }

  long totalBytes() {
    return memory(1);
  }

  long freeBytes() {
    return memory(0);
  }

  private static long memory(int which) {
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      CudaStatus.runtime(cudart.cudaMemGetInfo(free, total), "asking for free memory");
      return which == 0 ? free.get() : total.get();
    }
  }

  private int attribute(int attribute) {
    int[] value = new int[1];
    CudaStatus.runtime(
        cudart.cudaDeviceGetAttribute(value, attribute, index), "asking for an attribute");
    return value[0];
  }

  /** Starts a copy; the host's part must stay as it is until {@link #synchronize()}. */
  void copyToDevice(Pointer from, long to, long bytes) {
    CudaStatus.runtime(
        cudart.cudaMemcpyAsync(new Address(to), from, bytes, cudart.cudaMemcpyHostToDevice, stream),
        "copying to the card");
  }

  void copyToHost(long from, Pointer to, long bytes) {
    CudaStatus.runtime(
        cudart.cudaMemcpyAsync(to, new Address(from), bytes, cudart.cudaMemcpyDeviceToHost, stream),
        "copying from the card");
  }

  /** Waits until everything launched is done. */
  void synchronize() {
    CudaStatus.runtime(cudart.cudaStreamSynchronize(stream), "waiting for the card");
  }

  @Override
  public void close() {
    CudaStatus.runtime(cudart.cudaStreamDestroy(stream), "closing the stream");
  }
}
