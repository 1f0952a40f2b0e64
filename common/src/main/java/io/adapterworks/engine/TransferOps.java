package io.adapterworks.engine;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;

/** Movement between the host and the device, and conversion on the device. */
public interface TransferOps {
  /** Sets {@code to} (FLOAT32 or the compute type, contiguous) from as many floats. */
  void upload(float[] from, Tensor to);

  /** Sets {@code to} (INT32, contiguous) from as many integers. */
  void upload(int[] from, Tensor to);

  /** Sets {@code to} (INT64, contiguous) from as many integers. */
  void upload(long[] from, Tensor to);

  /** Sets {@code to} (FLOAT32 or the compute type) from a frozen tensor of any floating type. */
  void upload(HostTensor from, Tensor to);

  /**
   * Copies a frozen tensor to memory of the host that the device can read, in the compute type, for
   * {@link SequenceOps#gather} alone. Lives as long as the engine; where device and host are one,
   * as {@code scope}.
   *
   * @param type the compute type
   */
  default Tensor keepOnHost(HostTensor from, DType type, TensorScope scope) {
    Tensor kept = scope.allocate(type, from.shape().rows(), from.shape().columns());
    upload(from, kept);
    return kept;
  }

  /** Reads {@code from} (FLOAT32 or the compute type, contiguous); waits until it is computed. */
  void download(Tensor from, float[] to);

  /** Reads {@code from} (INT32, contiguous); waits until it is computed. */
  void download(Tensor from, int[] to);

  /** A tensor on its way to the host. */
  interface Download {
    /** Waits until it is there: its elements, row by row. The same each time. */
    float[] await();
  }

  /**
   * Starts reading {@code from} (FLOAT32, contiguous, a few elements) as it is once all that was
   * launched before is computed. What is launched later, or may overwrite it, does not matter.
   */
  default Download startDownload(Tensor from) {
    float[] values = new float[Math.toIntExact(from.shape().elements())];
    download(from, values);
    return () -> values;
  }

  /** to = from, element by element, converted to the type of {@code to}; rows may be strided. */
  void cast(Tensor from, Tensor to);

  /** Sets every element to {@code value}. */
  void fill(Tensor to, float value);

  /** to += scale · from; FLOAT32 or the compute type, both of one shape. */
  void addScaled(Tensor from, float scale, Tensor to);
}
