package io.adapterworks.model.gguf;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Walks through the mapped header of a GGUF file. Every length is checked against what the file
 * still holds before anything is allocated for it.
 */
final class GgufCursor {
  private static final int LONGEST_NAME = 1 << 16;

  /** More elements than any vocabulary has; bounds what a hostile file can make us hold. */
  private static final int LONGEST_ARRAY = 1 << 24;

  private final ByteBuffer header;
  private final String source;

  /**
   * @param header little-endian, from the start of the file
   */
  GgufCursor(ByteBuffer header, String source) {
    this.header = header;
    this.source = source;
  }

  int position() {
    return header.position();
  }

  int remaining() {
    return header.remaining();
  }

  int integer(String what) {
    need(Integer.BYTES, what);
    return header.getInt();
  }

  long integer64(String what) {
    need(Long.BYTES, what);
    return header.getLong();
  }

  /** A count whose items take at least {@code leastBytes} each. */
  int count(String what, int leastBytes) {
    long count = integer64(what);
    long most = Math.min(LONGEST_ARRAY, header.remaining() / leastBytes);
    Check.that(
        count >= 0 && count <= most,
        ErrorCode.MODEL,
        "%s claims %s %s; expected 0 to %d (%d bytes are left; is it cut short?)",
        source,
        Long.toUnsignedString(count),
        what,
        most,
        header.remaining());
    return (int) count;
  }

  String name(String what) {
    String name = text(what);
    Check.that(
        !name.isEmpty() && name.length() <= LONGEST_NAME,
        ErrorCode.MODEL,
        "%s: %s has %d characters; expected 1 to %d",
        source,
        what,
        name.length(),
        LONGEST_NAME);
    return name;
  }

  String text(String what) {
    long length = integer64("the length of " + what);
    Check.that(
        length >= 0 && length <= header.remaining(),
        ErrorCode.MODEL,
        "%s: %s claims %s bytes, but %d are left; is it cut short?",
        source,
        what,
        Long.toUnsignedString(length),
        header.remaining());
    ByteBuffer bytes = header.slice(header.position(), (int) length);
    header.position(header.position() + (int) length);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(bytes)
          .toString();
    } catch (CharacterCodingException e) {
      throw new AdapterworksException(ErrorCode.MODEL, source + ": " + what + " is not UTF-8", e);
    }
  }

  GgufValueType type(String what) {
    int code = integer("the type of " + what);
    return GgufValueType.ofCode(code)
        .orElseThrow(
            () ->
                Check.failure(
                    ErrorCode.MODEL,
                    "%s: %s has the type %d; expected 0 to %d",
                    source,
                    what,
                    code,
                    GgufValueType.values().length - 1));
  }

  /** A metadata value of this type. */
  Object value(GgufValueType type, String what) {
    return switch (type) {
      case STRING -> text(what);
      case ARRAY -> array(type(what), what);
      case FLOAT32 -> Float.intBitsToFloat(integer(what));
      case FLOAT64 -> Double.longBitsToDouble(integer64(what));
      case BOOL -> flag(what);
      default -> integerOf(type, what);
    };
  }

  private boolean flag(String what) {
    need(1, what);
    byte value = header.get();
    Check.that(
        value == 0 || value == 1,
        ErrorCode.MODEL,
        "%s: %s is a truth value of %d; expected 0 or 1",
        source,
        what,
        value);
    return value == 1;
  }

  private long integerOf(GgufValueType type, String what) {
    need(type.leastBytes(), what);
    long value =
        switch (type) {
          case UINT8 -> Byte.toUnsignedInt(header.get());
          case INT8 -> header.get();
          case UINT16 -> Short.toUnsignedInt(header.getShort());
          case INT16 -> header.getShort();
          case UINT32 -> Integer.toUnsignedLong(header.getInt());
          case INT32 -> header.getInt();
          default -> header.getLong();
        };
    Check.that(
        type != GgufValueType.UINT64 || value >= 0,
        ErrorCode.MODEL,
        "%s: %s=%s; expected at most %d",
        source,
        what,
        Long.toUnsignedString(value),
        Long.MAX_VALUE);
    return value;
  }

  private Object array(GgufValueType elements, String what) {
    Check.that(
        elements != GgufValueType.ARRAY,
        ErrorCode.MODEL,
        "%s: %s is an array of arrays, which is not supported",
        source,
        what);
    int count = count("elements of " + what, elements.leastBytes());
    if (elements == GgufValueType.STRING) {
      List<String> texts = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        texts.add(text(what));
      }
      return List.copyOf(texts);
    }
    if (elements == GgufValueType.FLOAT32) {
      float[] reals = new float[count];
      for (int i = 0; i < count; i++) {
        reals[i] = Float.intBitsToFloat(integer(what));
      }
      return reals;
    }
    if (elements == GgufValueType.FLOAT64) {
      double[] reals = new double[count];
      for (int i = 0; i < count; i++) {
        reals[i] = Double.longBitsToDouble(integer64(what));
      }
      return reals;
    }
    long[] integers = new long[count];
    for (int i = 0; i < count; i++) {
      integers[i] =
          elements == GgufValueType.BOOL ? (flag(what) ? 1 : 0) : integerOf(elements, what);
    }
    return integers;
  }

  private void need(int bytes, String what) {
    Check.that(
        header.remaining() >= bytes,
        ErrorCode.MODEL,
        "%s ends within %s; is it cut short?",
        source,
        what);
  }
}
