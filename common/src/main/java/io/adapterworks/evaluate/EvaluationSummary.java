package io.adapterworks.evaluate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** An evaluation as a few lines for people, or as one JSON object for programs. */
public final class EvaluationSummary {
  private static final int WEAKEST = 5;
  private static final int CONFUSIONS = 5;

  private EvaluationSummary() {}

  /**
   * The main numbers, the weakest labels, the commonest confusions, and what was left out.
   *
   * @param model as NAME@VERSION
   */
  public static List<String> lines(String model, TestData data, Evaluation evaluation) {
    List<String> lines = new ArrayList<>();
    Outcomes outcomes = evaluation.outcomes();
    lines.add("%s on %d rows of %s".formatted(model, outcomes.all().size(), data.dataset()));
    for (Metric metric : Metric.values()) {
      metric
          .of(evaluation)
          .ifPresent(
              value ->
                  lines.add(
                      String.format(
                          Locale.ROOT,
                          "  %-26s %7.4f%s",
                          metric.title(),
                          value,
                          interval(metric.intervalOf(evaluation)))));
    }
    evaluation.base().ifPresent(rival -> lines.add(rival(rival)));
    evaluation.champion().ifPresent(rival -> lines.add(rival(rival)));
    addWeakest(lines, evaluation.scores());
    addConfusions(lines, evaluation.scores().confusion());
    if (outcomes.unknownCount() > 0) {
      lines.add(
          "Rows with labels that the model does not know, left out above: %d"
              .formatted(outcomes.unknownCount()));
      outcomes.unknownLabels().forEach((label, n) -> lines.add("  " + label + ": " + n));
    }
    return lines;
  }

  private static void addWeakest(List<String> lines, Scores scores) {
    lines.add("Weakest labels (F1, recall, rows):");
    scores.perClass().stream()
        .filter(ClassScores::occurred)
        .sorted(Comparator.comparingDouble(ClassScores::f1))
        .limit(WEAKEST)
        .forEach(
            label ->
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "  %-40s %6.4f  %6.4f  %5d",
                        label.label(),
                        label.f1(),
                        label.recall().value(),
                        label.support())));
  }

  private static void addConfusions(List<String> lines, ConfusionMatrix matrix) {
    List<ConfusionMatrix.Confusion> confusions = matrix.topConfusions(CONFUSIONS);
    if (!confusions.isEmpty()) {
      lines.add("Commonest confusions:");
      confusions.forEach(
          pair ->
              lines.add(
                  "  %s taken for %s: %d of %d"
                      .formatted(pair.truth(), pair.predicted(), pair.count(), pair.support())));
    }
  }

  private static String interval(Optional<Interval> interval) {
    return interval
        .map(i -> String.format(Locale.ROOT, "  (95 %% interval %.4f to %.4f)", i.low(), i.high()))
        .orElse("");
  }

  private static String rival(Rival rival) {
    return String.format(
        Locale.ROOT,
        "  against %s: accuracy %.4f, difference %+.4f, p %.4f",
        rival.name(),
        rival.scores().accuracy().value(),
        rival.comparison().difference(),
        rival.comparison().pValue());
  }

  /** Every number: overall, against rivals, by label, confusions, and what was left out. */
  public static ObjectNode json(String model, TestData data, Evaluation evaluation) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    Outcomes outcomes = evaluation.outcomes();
    json.put("adapter", model).put("dataset", data.dataset());
    data.version().ifPresent(version -> json.put("datasetVersion", version));
    json.put("split", data.split());
    json.put("rows", outcomes.known().size());
    json.put("unknownRows", outcomes.unknownCount());
    ObjectNode unknown = json.putObject("unknownLabels");
    outcomes.unknownLabels().forEach(unknown::put);
    ObjectNode metrics = json.putObject("metrics");
    for (Metric metric : Metric.values()) {
      metric
          .of(evaluation)
          .ifPresent(
              value ->
                  putValue(metrics.putObject(metric.key()), value, metric.intervalOf(evaluation)));
    }
    ArrayNode rivals = json.putArray("rivals");
    evaluation.base().ifPresent(rival -> putRival(rivals.addObject(), rival));
    evaluation.champion().ifPresent(rival -> putRival(rivals.addObject(), rival));
    ArrayNode labels = json.putArray("labels");
    evaluation.scores().perClass().forEach(label -> putLabel(labels.addObject(), label));
    ArrayNode confusions = json.putArray("confusions");
    evaluation
        .scores()
        .confusion()
        .topConfusions(Integer.MAX_VALUE)
        .forEach(
            pair ->
                confusions
                    .addObject()
                    .put("label", pair.truth())
                    .put("predicted", pair.predicted())
                    .put("rows", pair.count()));
    return json;
  }

  private static void putValue(ObjectNode node, double value, Optional<Interval> interval) {
    node.put("value", value);
    interval.ifPresent(i -> node.put("low", i.low()).put("high", i.high()));
  }

  private static void putRival(ObjectNode node, Rival rival) {
    PairedComparison pair = rival.comparison();
    node.put("model", rival.name())
        .put("accuracy", rival.scores().accuracy().value())
        .put("macroF1", rival.scores().macroF1());
    putValue(
        node.putObject("difference"), pair.difference(), Optional.of(pair.differenceInterval()));
    node.put("onlyAdapterRight", pair.candidateOnly())
        .put("onlyOtherRight", pair.referenceOnly())
        .put("pValue", pair.pValue());
  }

  private static void putLabel(ObjectNode node, ClassScores label) {
    node.put("label", label.label())
        .put("rows", label.support())
        .put("precision", label.precision().value())
        .put("recall", label.recall().value())
        .put("f1", label.f1());
  }
}
