package io.adapterworks.evaluate;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An evaluation of generated text as a few lines for people, or as one JSON object. */
public final class TextEvaluationSummary {
  private TextEvaluationSummary() {}

  /**
   * Every metric of the adapter beside the base's and the champion's.
   *
   * @param model as NAME@VERSION
   */
  public static List<String> lines(String model, TestData data, TextEvaluation evaluation) {
    TextScores adapter = evaluation.adapter();
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s on %d answered rows and %d scored tokens of %s"
            .formatted(
                model, adapter.answers().size(), adapter.foresight().tokens(), data.dataset()));
    Map<String, TextScores> others = others(evaluation);
    StringBuilder heading = new StringBuilder("  %-26s %9s".formatted("", "adapter"));
    others.keySet().forEach(name -> heading.append("  %9s".formatted(name)));
    lines.add(heading.toString());
    for (TextMetric metric : TextMetric.values()) {
      StringBuilder line = new StringBuilder("  %-26s".formatted(metric.title()));
      line.append(String.format(Locale.ROOT, " %9.4f", metric.of(evaluation)));
      for (TextScores scores : others.values()) {
        line.append(
            metric.of(scores).map(v -> String.format(Locale.ROOT, "  %9.4f", v)).orElse(""));
      }
      lines.add(line.toString());
    }
    if (adapter.unanswered() > 0) {
      lines.add(
          ("Rows that the model's template refuses, or whose prompt leaves no room for an answer in"
                  + " its context, not answered: %d")
              .formatted(adapter.unanswered()));
    }
    return lines;
  }

  private static Map<String, TextScores> others(TextEvaluation evaluation) {
    Map<String, TextScores> others = new LinkedHashMap<>();
    others.put("base", evaluation.base());
    evaluation.champion().ifPresent(c -> others.put(c.name(), c.scores()));
    return others;
  }

  /** Every number of every model. */
  public static ObjectNode json(String model, TestData data, TextEvaluation evaluation) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("adapter", model).put("dataset", data.dataset()).put("split", data.split());
    data.version().ifPresent(version -> json.put("datasetVersion", version));
    json.put("answeredRows", evaluation.adapter().answers().size());
    json.put("unansweredRows", evaluation.adapter().unanswered());
    json.put("scoredTokens", evaluation.adapter().foresight().tokens());
    ObjectNode metrics = json.putObject("metrics");
    for (TextMetric metric : TextMetric.values()) {
      ObjectNode value = metrics.putObject(metric.key()).put("value", metric.of(evaluation));
      metric.intervalOf(evaluation).ifPresent(i -> value.put("low", i.low()).put("high", i.high()));
    }
    ObjectNode models = json.putObject("models");
    others(evaluation)
        .forEach(
            (name, scores) -> {
              ObjectNode values = models.putObject(name);
              for (TextMetric metric : TextMetric.values()) {
                metric.of(scores).ifPresent(value -> values.put(metric.key(), value));
              }
            });
    return json;
  }
}
