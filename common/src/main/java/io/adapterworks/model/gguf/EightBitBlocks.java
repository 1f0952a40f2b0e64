package io.adapterworks.model.gguf;

import io.adapterworks.tensor.Float16;
import java.nio.ByteBuffer;

/**
 * GGUF's Q8_0: of each 32 elements the largest magnitude / 127 as a float16 scale d, then each
 * element / d rounded to a signed byte, halves away from zero.
 */
final class EightBitBlocks {
  private static final int ELEMENTS = GgufTensorType.Q8_0.blockElements();
  private static final float LARGEST = 127;

  private EightBitBlocks() {}

  /** Appends the blocks of {@code values}, which are whole blocks. */
  static void write(float[] values, ByteBuffer target) {
    for (int from = 0; from < values.length; from += ELEMENTS) {
      float largest = 0;
      for (int i = from; i < from + ELEMENTS; i++) {
        largest = Math.max(largest, Math.abs(values[i]));
      }
      float scale = largest / LARGEST;
      float inverse = scale == 0 ? 0 : 1 / scale;
      target.putShort(Float16.toHalf(scale));
      for (int i = from; i < from + ELEMENTS; i++) {
        float multiple = values[i] * inverse;
        target.put((byte) (multiple < 0 ? -Math.round(-multiple) : Math.round(multiple)));
      }
    }
  }

  /** Reads as many elements as {@code values} holds, whole blocks. */
  static void read(ByteBuffer source, float[] values) {
    for (int from = 0; from < values.length; from += ELEMENTS) {
      float scale = Float16.fromHalf(source.getShort());
      for (int i = from; i < from + ELEMENTS; i++) {
        values[i] = scale * source.get();
      }
    }
  }
}
