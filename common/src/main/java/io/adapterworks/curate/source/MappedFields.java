package io.adapterworks.curate.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Optional;

/** Writes a column mapping beside each bronze row, so that bronze can be read without its input. */
public final class MappedFields {
  private static final ObjectMapper JSON = new ObjectMapper();

  private MappedFields() {}

  /** The mapping as one line of JSON. */
  public static String write(ColumnMapping columns) {
    ObjectNode object = JSON.createObjectNode();
    object.put("text", columns.text());
    columns.label().ifPresent(name -> object.put("label", name));
    columns.response().ifPresent(name -> object.put("response", name));
    columns.id().ifPresent(name -> object.put("id", name));
    columns.context().ifPresent(name -> object.put("context", name));
    columns.system().ifPresent(name -> object.put("system", name));
    return object.toString();
  }

  /** The mapping that {@link #write} wrote. */
  public static ColumnMapping read(String json) {
    try {
      JsonNode object = JSON.readTree(json);
      return new ColumnMapping(
          object.path("text").asText(),
          optional(object, "label"),
          optional(object, "response"),
          optional(object, "id"),
          optional(object, "context"),
          optional(object, "system"));
    } catch (JsonProcessingException broken) {
      throw Check.failure(
          ErrorCode.INPUT,
          "bronze_examples.columns holds %s; expected the JSON that ingest writes: %s",
          json,
          broken.getOriginalMessage());
    }
  }

  private static Optional<String> optional(JsonNode object, String name) {
    return object.hasNonNull(name) ? Optional.of(object.get(name).asText()) : Optional.empty();
  }
}
