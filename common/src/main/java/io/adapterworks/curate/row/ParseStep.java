package io.adapterworks.curate.row;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.adapterworks.curate.source.ColumnMapping;
import java.util.Locale;
import java.util.Optional;

/** Reads the fields of a raw line. A line that is not one JSON object is a {@code broken-line}. */
public final class ParseStep {
  public static final String NAME = "parse";
  static final String BROKEN_LINE = "broken-line";
  static final String BLANK_LINE = "blank-line";
  static final String MISSING_FIELD = "missing-field";
  static final String WRONG_TYPE = "wrong-type";

  private static final ObjectReader JSON =
      new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** A parsed line, or why it could not be parsed. */
  public record Parsed(StepResult result, String sourceId) {}

  public Parsed parse(String raw, ColumnMapping fields) {
    if (raw.isBlank()) {
      return rejected(BLANK_LINE, "the line is blank");
    }
    JsonNode object;
    try {
      object = JSON.readTree(raw);
    } catch (JsonProcessingException broken) {
      return rejected(BROKEN_LINE, "the line is not JSON: " + where(broken));
    }
    if (!object.isObject()) {
      return rejected(
          BROKEN_LINE, "the line holds a JSON " + kind(object) + "; expected one object");
    }
    String sourceId = fields.id().flatMap(name -> value(object, name)).orElse(null);
    for (String name : fields.required()) {
      if (at(object, name).isMissingNode()) {
        return new Parsed(
            StepResult.reject(MISSING_FIELD, 0, 1, "the object has no field " + name), sourceId);
      }
      if (at(object, name).isContainerNode() && !isConversation(object, name, fields)) {
        String reason =
            "the field %s holds a JSON %s; expected text".formatted(name, kind(at(object, name)));
        return new Parsed(StepResult.reject(WRONG_TYPE, 0, 1, reason), sourceId);
      }
    }
    StepResult result =
        isConversation(object, fields.text(), fields)
            ? ConversationDraft.of(at(object, fields.text()))
            : instruction(object, fields);
    return new Parsed(result, sourceId);
  }

  /** A list of turns stands for text and response where rows have no label. */
  private static boolean isConversation(JsonNode object, String name, ColumnMapping fields) {
    return name.equals(fields.text()) && fields.label().isEmpty() && at(object, name).isArray();
  }

  private static StepResult instruction(JsonNode object, ColumnMapping fields) {
    Optional<String> response = fields.response().flatMap(name -> value(object, name));
    if (fields.response().isPresent() && response.stream().allMatch(String::isBlank)) {
      return StepResult.reject(
          ConversationDraft.MISSING_RESPONSE, 0, 1, "the row has no answer to learn");
    }
    String text = value(object, fields.text()).orElse("");
    String context = fields.context().flatMap(name -> value(object, name)).orElse("");
    String system = fields.system().flatMap(name -> value(object, name)).orElse("");
    return new StepResult.Kept(
        new Draft(
            ConversationDraft.question(system, text, context),
            response.orElse(null),
            fields.label().flatMap(name -> value(object, name)).orElse(null)));
  }

  private static Parsed rejected(String rule, String reason) {
    return new Parsed(StepResult.reject(rule, 0, 1, reason), null);
  }

  private static Optional<String> value(JsonNode object, String name) {
    JsonNode node = at(object, name);
    if (node.isMissingNode() || node.isNull()) {
      return Optional.empty();
    }
    return Optional.of(node.isValueNode() ? node.asText() : node.toString());
  }

  /** A name is a field as it is written, or else a path of nested fields. */
  private static JsonNode at(JsonNode object, String name) {
    return object.has(name) ? object.get(name) : object.at("/" + name.replace('.', '/'));
  }

  private static String kind(JsonNode node) {
    return node.isMissingNode() ? "nothing" : node.getNodeType().name().toLowerCase(Locale.ROOT);
  }

  private static String where(JsonProcessingException broken) {
    String what = broken.getOriginalMessage().lines().findFirst().orElse("unreadable");
    var location = broken.getLocation();
    return location == null ? what : what + " (column " + location.getColumnNr() + ")";
  }
}
