package io.adapterworks.model.gguf;

import io.adapterworks.tensor.Float16;
import io.adapterworks.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor of a GGUF file, a view of the mapped file.
 *
 * @param shape outermost dimension first, the reverse of the file's order
 */
public record GgufTensor(String name, GgufTensorType type, Shape shape, ByteBuffer data) {
  public GgufTensor {
    data = data.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN).position(0);
  }

  /** A fresh little-endian view. */
  @Override
  public ByteBuffer data() {
    return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All elements as float32, row by row. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(shape.elements())];
    readRow(0, values);
    return values;
  }

  /**
   * Fills {@code values} with the elements from row {@code row} on.
   *
   * @param values as long as one row, or as several
   */
  public void readRow(long row, float[] values) {
    long from = row * shape.columns();
    ByteBuffer source = data();
    source.position(Math.toIntExact(type.bytes(from)));
    switch (type) {
      case F32 -> source.asFloatBuffer().get(values);
      case F16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = Float16.fromHalf(source.getShort());
        }
      }
      case BF16 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = Float16.fromBfloat16(source.getShort());
        }
      }
      case Q8_0 -> EightBitBlocks.read(source, values);
    }
  }
}
