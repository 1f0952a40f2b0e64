package io.adapterworks.model.gguf;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The key-value pairs of a GGUF file, in the file's order. Values are {@code Integer} and {@code
 * Long} (written as 32 and 64 bits without sign), {@code Float}, {@code Double}, {@code Boolean},
 * {@code String}, {@code List<String>}, {@code int[]}, {@code long[]}, {@code float[]} or {@code
 * double[]}.
 *
 * @param source the file, for messages
 */
public record GgufMetadata(Map<String, Object> values, String source) {
  /** Which architecture the file is for. */
  public static final String ARCHITECTURE = "general.architecture";

  /** Whether the file is a {@code model} or an {@code adapter}. */
  public static final String TYPE = "general.type";

  /** To what offsets of tensors are rounded up, where the file says. */
  public static final String ALIGNMENT = "general.alignment";

  /** The fingerprint of the base model that the file was made from; ours, others skip it. */
  public static final String BASE_FINGERPRINT = "adapterworks.base.fingerprint";

  public GgufMetadata {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** An integer that must be there. */
  public long integer(String key) {
    Object value = required(key);
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    throw wrong(key, "an integer");
  }

  /** A real number that must be there. */
  public double real(String key) {
    if (required(key) instanceof Number number) {
      return number.doubleValue();
    }
    throw wrong(key, "a number");
  }

  /** A text that must be there. */
  public String text(String key) {
    if (required(key) instanceof String text) {
      return text;
    }
    throw wrong(key, "text");
  }

  /** A list of texts that must be there. */
  public List<String> texts(String key) {
    if (required(key) instanceof List<?> list) {
      return list.stream().map(String.class::cast).toList();
    }
    throw wrong(key, "a list of texts");
  }

  /** Fails unless the text under {@code key} is {@code expected}. */
  public void require(String key, String expected) {
    Check.that(
        text(key).equals(expected),
        ErrorCode.MODEL,
        "%s: %s=%s; expected %s",
        source,
        key,
        text(key),
        expected);
  }

  private Object required(String key) {
    Object value = values.get(key);
    Check.that(value != null, ErrorCode.MODEL, "%s has no metadata %s", source, key);
    return value;
  }

  private AdapterworksException wrong(String key, String expected) {
    Object value = values.get(key);
    String shown =
        value instanceof float[] floats
            ? Arrays.toString(Arrays.copyOf(floats, Math.min(floats.length, 4)))
            : value.getClass().isArray() ? "an array" : value.toString();
    return Check.failure(ErrorCode.MODEL, "%s: %s=%s; expected %s", source, key, shown, expected);
  }
}
