package io.adapterworks.tensor;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A named tensor in host memory or in a mapped file: row-major, little-endian, read only. It is
 * what model files are read into and what an engine copies its frozen weights from.
 *
 * @param name the tensor's name in its file
 * @param data exactly {@code shape.elements() * dtype.bytes()} bytes from position 0
 */
public record HostTensor(String name, DType dtype, Shape shape, ByteBuffer data) {
  public HostTensor {
    long expected = shape.elements() * dtype.bytes();
    Check.that(
        data.limit() == expected,
        ErrorCode.MODEL,
        "tensor %s: %s %s needs %d bytes, but %d are there",
        name,
        dtype,
        shape,
        expected,
        data.limit());
    data = data.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN).position(0);
  }

  /** A float32 tensor that holds a copy of {@code values}. */
  public static HostTensor of(String name, Shape shape, float[] values) {
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return new HostTensor(name, DType.FLOAT32, shape, buffer);
  }

  /** A tensor of type FLOAT32, FLOAT16 or BFLOAT16 that holds {@code values}, rounded to it. */
  public static HostTensor of(String name, DType dtype, Shape shape, float[] values) {
    if (dtype == DType.FLOAT32) {
      return of(name, shape, values);
    }
    Check.that(
        dtype == DType.FLOAT16 || dtype == DType.BFLOAT16,
        ErrorCode.MODEL,
        "tensor %s cannot be made as %s; expected FLOAT32, FLOAT16 or BFLOAT16",
        name,
        dtype);
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(Math.multiplyExact(values.length, Short.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      buffer.putShort(dtype == DType.FLOAT16 ? Float16.toHalf(value) : Float16.toBfloat16(value));
    }
    return new HostTensor(name, dtype, shape, buffer.flip());
  }

  /** The same numbers under another name. */
  public HostTensor named(String other) {
    return new HostTensor(other, dtype, shape, data);
  }

  /** A fresh little-endian view, whose position may be moved freely. */
  @Override
  public ByteBuffer data() {
    return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The elements as float32; FLOAT32, FLOAT16, BFLOAT16 and FLOAT64 are converted. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(shape.elements())];
    readFloats(0, values);
    return values;
  }

  /**
   * Fills {@code values} with the elements from {@code from} on, as {@link #toFloats} converts
   * them: for tensors that are to be walked through without a copy of the whole.
   */
  public void readFloats(int from, float[] values) {
    ByteBuffer source = data();
    switch (dtype) {
      case FLOAT32 -> source.asFloatBuffer().get(from, values);
      case FLOAT64 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) source.getDouble((from + i) * Double.BYTES);
        }
      }
      case BFLOAT16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = Float16.fromBfloat16(source.getShort((from + i) * Short.BYTES));
        }
      }
      case FLOAT16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = Float16.fromHalf(source.getShort((from + i) * Short.BYTES));
        }
      }
      default ->
          throw Check.failure(
              ErrorCode.MODEL, "tensor %s is %s; expected a floating-point type", name, dtype);
    }
  }
}
