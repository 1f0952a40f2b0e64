package io.adapterworks.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** The steps of a {@code tokenizer.json}'s normalizer or pre-tokenizer. */
final class JsonSteps {
  private JsonSteps() {}

  /** The steps of a Sequence, one step by itself, or none. */
  static List<JsonNode> of(JsonNode node, String field) {
    List<JsonNode> steps = new ArrayList<>();
    if (node.path("type").asText("").equals("Sequence")) {
      node.path(field).forEach(steps::add);
    } else if (node.isObject()) {
      steps.add(node);
    }
    return steps;
  }
}
