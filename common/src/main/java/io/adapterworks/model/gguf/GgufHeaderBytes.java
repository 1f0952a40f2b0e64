package io.adapterworks.model.gguf;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Collects the bytes before a GGUF file's tensors. */
final class GgufHeaderBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  GgufHeaderBytes integer(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      out.write(value >>> shift);
    }
    return this;
  }

  GgufHeaderBytes integer64(long value) {
    return integer((int) value).integer((int) (value >>> Integer.SIZE));
  }

  private GgufHeaderBytes real(float value) {
    return integer(Float.floatToRawIntBits(value));
  }

  private GgufHeaderBytes text(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    integer64(bytes.length);
    out.writeBytes(bytes);
    return this;
  }

  private GgufHeaderBytes type(GgufValueType type) {
    return integer(type.code());
  }

  private void array(GgufValueType elements, int length) {
    type(GgufValueType.ARRAY).type(elements).integer64(length);
  }

  /** A key with its type and value. */
  void entry(String key, Object value) {
    text(key);
    if (value instanceof Integer integer) {
      type(GgufValueType.UINT32).integer(integer);
    } else if (value instanceof Long integer) {
      type(GgufValueType.UINT64).integer64(integer);
    } else if (value instanceof Float real) {
      type(GgufValueType.FLOAT32).real(real);
    } else if (value instanceof Boolean flag) {
      type(GgufValueType.BOOL).out.write(flag ? 1 : 0);
    } else if (value instanceof String text) {
      type(GgufValueType.STRING).text(text);
    } else if (value instanceof List<?> texts) {
      array(GgufValueType.STRING, texts.size());
      texts.forEach(text -> text((String) text));
    } else if (value instanceof int[] integers) {
      array(GgufValueType.INT32, integers.length);
      for (int integer : integers) {
        integer(integer);
      }
    } else if (value instanceof float[] reals) {
      array(GgufValueType.FLOAT32, reals.length);
      for (float real : reals) {
        real(real);
      }
    } else {
      throw Check.failure(
          ErrorCode.MODEL,
          "metadata %s is a %s, which GGUF has no type for",
          key,
          value.getClass());
    }
  }

  /** A tensor's place. */
  void tensor(TensorRows tensor, long offset) {
    text(tensor.name());
    int rank = tensor.shape().rank();
    integer(rank);
    for (int i = rank - 1; i >= 0; i--) {
      integer64(tensor.shape().size(i));
    }
    integer(tensor.type().code());
    integer64(offset);
  }

  void align(int alignment) {
    while (out.size() % alignment != 0) {
      out.write(0);
    }
  }

  ByteBuffer bytes() {
    return ByteBuffer.wrap(out.toByteArray());
  }
}
