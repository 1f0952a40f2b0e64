package io.adapterworks.engine.cuda;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What the operations of one engine share. */
final class CudaContext implements AutoCloseable {
  private static final long VECTOR_BYTES = 16;
  private static final int VECTOR = 8;

  private final CudaDevice device;
  private final DType computeType;
  private final Kernels kernels;
  private final Kernels.Source source;
  private final DeviceArena scratch;
  private final DeviceArena weights;

  CudaContext(CudaDevice device, DType computeType, Kernels kernels) {
    this.device = device;
    this.computeType = computeType;
    this.kernels = kernels;
    this.source = source(List.of("philox.cu", "elementwise.cu", "norm.cu", "rows.cu", "rotary.cu"));
    this.scratch = new DeviceArena(device, "working memory");
    this.weights = new DeviceArena(device, "the base model");
  }

  /** These resources after the common one, in the compute type. */
  Kernels.Source source(List<String> resources, String... macros) {
    List<String> all = Stream.concat(Stream.of("types.cu"), resources.stream()).toList();
    List<String> defined =
        Stream.concat(
                Stream.of("COMPUTE_BF16=" + (computeType == DType.BFLOAT16 ? 1 : 0)),
                Arrays.stream(macros))
            .toList();
    return new Kernels.Source(all, defined);
  }

  CudaDevice device() {
    return device;
  }

  DType computeType() {
    return computeType;
  }

  Kernels kernels() {
    return kernels;
  }

  /** A kernel of the common sources. */
  Kernels.Launch launch(String name) {
    return kernels.launch(source, name);
  }

  /**
   * Memory for the duration of one primitive: the next primitive takes it again, which is safe
   * because the stream keeps their order.
   */
  TensorScope scratch() {
    scratch.reset();
    return new CudaScope(scratch, deviceName(), () -> {});
  }

  /** Memory that lives as long as the engine. */
  TensorScope weights() {
    return new CudaScope(weights, deviceName(), () -> {});
  }

  /** Bytes held for weights and for working memory. */
  long committedBytes() {
    return scratch.committed() + weights.committed();
  }

  String deviceName() {
    return "cuda:" + device.index();
  }

  /** 8 where all of these allow 16-byte accesses row by row, else 1. */
  static int vectorWidth(long columns, Tensor... tensors) {
    if (columns % VECTOR != 0) {
      return 1;
    }
    for (Tensor tensor : tensors) {
      boolean strideFits = tensor.rows() <= 1 || tensor.rowStride() % VECTOR == 0;
      if (CudaStorage.address(tensor) % VECTOR_BYTES != 0 || !strideFits) {
        return 1;
      }
    }
    return VECTOR;
  }

  static boolean isFloat(Tensor tensor) {
    return tensor.dtype() == DType.FLOAT32;
  }

  @Override
  public void close() {
    kernels.close();
    scratch.close();
    weights.close();
    device.close();
  }
}
