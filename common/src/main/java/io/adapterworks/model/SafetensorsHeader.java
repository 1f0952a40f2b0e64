package io.adapterworks.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of a safetensors file: the tensors fill the data without gap or overlap.
 *
 * @param entries in the order of their bytes
 * @param dataBytes bytes after the header
 */
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata, long dataBytes) {
  /** The longest header that the format allows. */
  static final long MAX_BYTES = 100_000_000;

  private static final String METADATA = "__metadata__";
  private static final int MAX_RANK = 16;

  /**
   * One tensor.
   *
   * @param begin its first byte, counted from the end of the header
   */
  record Entry(String name, DType dtype, Shape shape, long begin, long end) {
    long bytes() {
      return end - begin;
    }
  }

  /** Parses and checks the JSON of a header before {@code dataBytes} of data. */
  static SafetensorsHeader parse(byte[] json, long dataBytes, String source) {
    JsonFields fields = JsonFields.parse(json, source);
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Entry> entries = new ArrayList<>();
    fields
        .node()
        .properties()
        .forEach(
            field -> {
              if (field.getKey().equals(METADATA)) {
                field
                    .getValue()
                    .properties()
                    .forEach(item -> metadata.put(item.getKey(), item.getValue().asText()));
              } else {
                entries.add(entry(field.getKey(), field.getValue(), dataBytes, source));
              }
            });
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    checkCoverage(entries, dataBytes, source);
    return new SafetensorsHeader(List.copyOf(entries), metadata, dataBytes);
  }

  private static Entry entry(String name, JsonNode node, long dataBytes, String source) {
    DType dtype = dtype(node.path("dtype").asText(""), name, source);
    Shape shape = shape(node.path("shape"), name, source);
    JsonNode offsets = node.path("data_offsets");
    Check.that(
        offsets.isArray()
            && offsets.size() == 2
            && offsets.get(0).canConvertToLong()
            && offsets.get(1).canConvertToLong()
            && offsets.get(0).isIntegralNumber()
            && offsets.get(1).isIntegralNumber(),
        ErrorCode.MODEL,
        "%s: tensor %s has data_offsets %s; expected two integers",
        source,
        name,
        offsets);
    long begin = offsets.get(0).longValue();
    long end = offsets.get(1).longValue();
    Check.that(
        begin >= 0 && begin <= end && end <= dataBytes,
        ErrorCode.MODEL,
        "%s: tensor %s claims the bytes %d to %d, but the file holds %d; is it cut short?",
        source,
        name,
        begin,
        end,
        dataBytes);
    long needed = bytes(dtype, shape);
    Check.that(
        needed == end - begin,
        ErrorCode.MODEL,
        "%s: tensor %s, %s %s, needs %d bytes but claims %d",
        source,
        name,
        dtype,
        shape,
        needed,
        end - begin);
    Check.that(
        needed <= Integer.MAX_VALUE,
        ErrorCode.MODEL,
        "%s: tensor %s has %d bytes; tensors of up to %d are supported",
        source,
        name,
        needed,
        Integer.MAX_VALUE);
    return new Entry(name, dtype, shape, begin, end);
  }

  private static DType dtype(String text, String name, String source) {
    for (DType dtype : DType.values()) {
      if (dtype.safetensorsName().equals(text)) {
        return dtype;
      }
    }
    throw Check.failure(
        ErrorCode.MODEL,
        "%s: tensor %s has dtype '%s', which is not supported; expected F32, F16, BF16, F64, I64,"
            + " I32, I8, U8 or BOOL",
        source,
        name,
        text);
  }

  private static Shape shape(JsonNode node, String name, String source) {
    Check.that(
        node.isArray() && node.size() <= MAX_RANK,
        ErrorCode.MODEL,
        "%s: tensor %s has no shape of at most %d sizes",
        source,
        name,
        MAX_RANK);
    long[] sizes = new long[node.size()];
    for (int i = 0; i < sizes.length; i++) {
      JsonNode size = node.get(i);
      Check.that(
          size.isIntegralNumber() && size.canConvertToLong() && size.longValue() >= 0,
          ErrorCode.MODEL,
          "%s: tensor %s has the shape %s; expected sizes of 0 or more",
          source,
          name,
          node);
      sizes[i] = size.longValue();
    }
    return Shape.of(sizes);
  }

  /** The bytes of a shape, or a number that no file has where they overflow. */
  private static long bytes(DType dtype, Shape shape) {
    try {
      return Math.multiplyExact(shape.elements(), (long) dtype.bytes());
    } catch (ArithmeticException overflow) {
      return Long.MAX_VALUE;
    }
  }

  private static void checkCoverage(List<Entry> entries, long dataBytes, String source) {
    long expected = 0;
    for (Entry entry : entries) {
      Check.that(
          entry.begin() == expected,
          ErrorCode.MODEL,
          "%s: tensor %s starts at byte %d; expected %d, where the tensor before it ends",
          source,
          entry.name(),
          entry.begin(),
          expected);
      expected = entry.end();
    }
    Check.that(
        expected == dataBytes,
        ErrorCode.MODEL,
        "%s: the tensors end at byte %d, but the file holds %d",
        source,
        expected,
        dataBytes);
  }
}
