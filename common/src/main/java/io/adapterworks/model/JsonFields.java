package io.adapterworks.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The fields of a JSON object of a model folder. A field that has the wrong type is an error that
 * names file and field; null counts as absent, as in Hugging Face's files.
 *
 * @param source the file, for messages
 */
public record JsonFields(ObjectNode node, String source) {
  private static final long MAX_BYTES = 64L << 20;

  /** A mapper that refuses duplicate fields. */
  public static JsonMapper mapper() {
    return JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  }

  /** Reads a file that must exist and hold one JSON object. */
  public static JsonFields read(Path file) {
    Check.that(Files.isRegularFile(file), ErrorCode.MODEL, "%s is missing", file);
    try {
      Check.that(
          Files.size(file) <= MAX_BYTES,
          ErrorCode.MODEL,
          "%s has %d bytes; expected at most %d",
          file,
          Files.size(file),
          MAX_BYTES);
      return parse(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.STORAGE, "cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** Parses one JSON object. */
  public static JsonFields parse(byte[] json, String source) {
    try {
      JsonNode root = mapper().readTree(json);
      if (root instanceof ObjectNode object) {
        return new JsonFields(object, source);
      }
      throw Check.failure(ErrorCode.MODEL, "%s does not hold a JSON object", source);
    } catch (JsonProcessingException e) {
      throw new AdapterworksException(
          ErrorCode.MODEL, source + " is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.MODEL, source + " is not valid JSON: " + e.getMessage(), e);
    }
  }

  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  /** The node itself, or empty where the field is absent or null. */
  public Optional<JsonNode> find(String field) {
    return has(field) ? Optional.of(node.get(field)) : Optional.empty();
  }

  /** The object in this field, or empty. */
  public Optional<JsonFields> object(String field) {
    return find(field)
        .map(
            value -> {
              if (value instanceof ObjectNode object) {
                return new JsonFields(object, source + ": " + field);
              }
              throw wrong(field, "an object");
            });
  }

  /** An integer of at least 1 that must be there. */
  public int positive(String field) {
    Check.that(has(field), ErrorCode.MODEL, "%s has no field %s", source, field);
    int value = integer(field, 0);
    Check.that(value > 0, ErrorCode.MODEL, "%s: %s=%d; expected 1 or more", source, field, value);
    return value;
  }

  public int integer(String field, int absent) {
    JsonNode value = find(field).orElse(null);
    if (value == null) {
      return absent;
    }
    if (value.isIntegralNumber() && value.canConvertToInt()) {
      return value.intValue();
    }
    if (value.isFloatingPointNumber() && value.doubleValue() == (int) value.doubleValue()) {
      return (int) value.doubleValue();
    }
    throw wrong(field, "an integer");
  }

  public double number(String field, double absent) {
    JsonNode value = find(field).orElse(null);
    if (value == null) {
      return absent;
    }
    if (!value.isNumber()) {
      throw wrong(field, "a number");
    }
    return value.doubleValue();
  }

  public boolean flag(String field, boolean absent) {
    JsonNode value = find(field).orElse(null);
    if (value == null) {
      return absent;
    }
    if (!value.isBoolean()) {
      throw wrong(field, "true or false");
    }
    return value.booleanValue();
  }

  public String text(String field, String absent) {
    JsonNode value = find(field).orElse(null);
    if (value == null) {
      return absent;
    }
    if (!value.isTextual()) {
      throw wrong(field, "text");
    }
    return value.textValue();
  }

  /** Fails unless the field is absent, null, or equal to {@code supported}. */
  public void require(String field, Object supported) {
    JsonNode value = find(field).orElse(null);
    Check.that(
        value == null || value.asText().equals(supported.toString()),
        ErrorCode.MODEL,
        "%s: %s=%s is not supported; expected %s",
        source,
        field,
        value,
        supported);
  }

  /** Fails unless the field is absent, null, or the number {@code supported}. */
  public void requireNumber(String field, double supported) {
    double value = number(field, supported);
    Check.that(
        value == supported,
        ErrorCode.MODEL,
        "%s: %s=%s is not supported; expected %s",
        source,
        field,
        value,
        supported);
  }

  private AdapterworksException wrong(String field, String expected) {
    return Check.failure(
        ErrorCode.MODEL, "%s: %s=%s; expected %s", source, field, node.get(field), expected);
  }
}
