package io.adapterworks.curate.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.io.Serializable;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The columns of a file and the types their values had. JSON fields have JSON's types, Parquet
 * columns Spark's, CSV columns are strings. Nulls have no type.
 */
public final class ColumnTypes implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Objects with values for keys have no columns; what they look like is not worth more room. */
  private static final int MOST_COLUMNS = 1000;

  private final TreeMap<String, TreeSet<String>> types = new TreeMap<>();

  /** Takes in one value's type. */
  public void add(String column, String type) {
    if (types.size() < MOST_COLUMNS || types.containsKey(column)) {
      types.computeIfAbsent(column, any -> new TreeSet<>()).add(type);
    }
  }

  /** Takes in everything that the other holds. */
  public void addAll(ColumnTypes other) {
    other.types.forEach((column, seen) -> seen.forEach(type -> add(column, type)));
  }

  /** Takes in the fields of a line with a JSON object; other lines are passed over. */
  void addObject(String line) {
    try (JsonParser parser = FACTORY.createParser(line)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String column = parser.currentName();
        String type = type(parser.nextToken());
        if (!type.isEmpty()) {
          add(column, type);
        }
        parser.skipChildren();
      }
    } catch (IOException broken) {
      // The step that parses rejects the line; what was read of it stays noted.
      return;
    }
  }

  private static String type(JsonToken value) {
    return switch (value) {
      case VALUE_STRING -> "string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "number";
      case VALUE_TRUE, VALUE_FALSE -> "boolean";
      case START_OBJECT -> "object";
      case START_ARRAY -> "array";
      default -> "";
    };
  }

  public Set<String> columns() {
    return types.keySet();
  }

  /** The types of a column; none for one that is not there. */
  public Set<String> of(String column) {
    return types.getOrDefault(column, new TreeSet<>());
  }

  public boolean isEmpty() {
    return types.isEmpty();
  }

  /** {@code {"label":["string"],…}} */
  public String json() {
    try {
      return JSON.writeValueAsString(types);
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a map of strings is always writable", impossible);
    }
  }

  /** What {@link #json} wrote. */
  public static ColumnTypes parse(String json) {
    ColumnTypes columns = new ColumnTypes();
    try {
      Map<String, Set<String>> read = JSON.readValue(json, new TypeReference<>() {});
      read.forEach((column, seen) -> seen.forEach(type -> columns.add(column, type)));
      return columns;
    } catch (JsonProcessingException broken) {
      throw Check.failure(
          ErrorCode.INPUT,
          "ingested_files.columns holds %s; expected the JSON that ingest writes: %s",
          json,
          broken.getOriginalMessage());
    }
  }
}
