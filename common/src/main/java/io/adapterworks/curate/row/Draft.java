package io.adapterworks.curate.row;

import java.io.Serializable;
import java.util.Map;
import java.util.Objects;

/**
 * An example on its way through the row steps.
 *
 * @param text the message or instruction
 * @param response the expected answer, or null
 * @param label the label, or null
 * @param scores what the steps measured, by rule
 * @param pii how many pieces of personal data were masked, by type
 */
public record Draft(
    String text,
    String response,
    String label,
    Map<String, Double> scores,
    Map<String, Integer> pii)
    implements Serializable {
  public Draft {
    Objects.requireNonNull(text, "text");
  }

  /** A draft as it was parsed. */
  public Draft(String text, String response, String label) {
    this(text, response, label, Map.of(), Map.of());
  }

  Draft withText(String newText, String newResponse) {
    return new Draft(newText, newResponse, label, scores, pii);
  }

  Draft withScores(Map<String, Double> newScores) {
    return new Draft(text, response, label, newScores, pii);
  }

  Draft withPii(String newText, String newResponse, Map<String, Integer> counts) {
    return new Draft(newText, newResponse, label, scores, counts);
  }
}
