package io.adapterworks.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The numbers that an evaluation is summed up in and that success criteria may bound. */
public enum Metric {
  /** The share of rows predicted right. */
  ACCURACY("accuracy", "Accuracy"),
  /** See {@link MacroF1}. */
  MACRO_F1("macroF1", "Macro-F1"),
  /** Expected calibration error, see {@link Calibration}; less is better. */
  ECE("ece", "Calibration error (ECE)"),
  /** The lowest recall of any label that has rows. */
  WORST_RECALL("worstRecall", "Worst recall of a label"),
  /** Accuracy less the untrained base model's, on the same rows. */
  GAIN_OVER_BASE("gainOverBase", "Accuracy gained over base");

  private final String key;
  private final String title;

  Metric(String key, String title) {
    this.key = key;
    this.title = title;
  }

  /** The metric's name in configuration, manifests and the table of evaluations. */
  public String key() {
    return key;
  }

  /** The metric's name for people. */
  public String title() {
    return title;
  }

  public static List<String> keys() {
    return Arrays.stream(values()).map(Metric::key).toList();
  }

  /** The metric with this key. */
  public static Optional<Metric> ofKey(String key) {
    return Arrays.stream(values()).filter(metric -> metric.key.equals(key)).findFirst();
  }

  /** The value, or empty where the evaluation did not measure it. */
  public Optional<Double> of(Evaluation evaluation) {
    Scores scores = evaluation.scores();
    return switch (this) {
      case ACCURACY -> Optional.of(scores.accuracy().value());
      case MACRO_F1 -> Optional.of(scores.macroF1());
      case ECE -> Optional.of(scores.calibration().expectedError());
      case WORST_RECALL ->
          scores.perClass().stream()
              .filter(label -> label.support() > 0)
              .map(label -> label.recall().value())
              .min(Double::compare);
      case GAIN_OVER_BASE -> evaluation.base().map(base -> base.comparison().difference());
    };
  }

  /** The 95 % interval of the value, where one is known. */
  public Optional<Interval> intervalOf(Evaluation evaluation) {
    return switch (this) {
      case ACCURACY -> Optional.of(evaluation.scores().accuracy().wilson());
      case MACRO_F1 -> Optional.of(evaluation.scores().macroF1Interval());
      case ECE, WORST_RECALL -> Optional.empty();
      case GAIN_OVER_BASE -> evaluation.base().map(base -> base.comparison().differenceInterval());
    };
  }

  /** How many rows the value rests on. */
  public long rowsOf(Evaluation evaluation) {
    return this == GAIN_OVER_BASE
        ? evaluation.outcomes().all().size()
        : evaluation.outcomes().known().size();
  }
}
