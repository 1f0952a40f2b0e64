package io.adapterworks.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What can be asked of an adapter that generates text. */
public enum TextMetric {
  /** e to the mean loss of the answers' tokens. */
  PERPLEXITY("perplexity", "Perplexity"),
  /** The adapter's perplexity over the base's: below 1 where it learned something. */
  PERPLEXITY_RATIO("perplexityRatio", "Perplexity over the base's"),
  /** Share of the answers' tokens that had the highest logit. */
  TOKEN_ACCURACY("tokenAccuracy", "Token accuracy"),
  /** Mean longest-common-subsequence F1 with the reference answers. */
  ROUGE_L("rougeL", "ROUGE-L"),
  /** The adapter's ROUGE-L less the base's. */
  ROUGE_L_GAIN("rougeLGain", "ROUGE-L gained over base"),
  /** Share of answers equal to their reference. */
  EXACT_MATCH("exactMatch", "Exact match");

  private final String key;
  private final String title;

  TextMetric(String key, String title) {
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
    return Arrays.stream(values()).map(TextMetric::key).toList();
  }

  /** The metric with this key. */
  public static Optional<TextMetric> ofKey(String key) {
    return Arrays.stream(values()).filter(metric -> metric.key.equals(key)).findFirst();
  }

  /** The adapter's value. */
  public double of(TextEvaluation evaluation) {
    TextScores adapter = evaluation.adapter();
    TextScores base = evaluation.base();
    return switch (this) {
      case PERPLEXITY_RATIO -> adapter.foresight().perplexity() / base.foresight().perplexity();
      case ROUGE_L_GAIN -> adapter.rougeL() - base.rougeL();
      default -> of(adapter).orElseThrow();
    };
  }

  /** One model's own value; empty for a comparison of two. */
  public Optional<Double> of(TextScores scores) {
    return switch (this) {
      case PERPLEXITY -> Optional.of(scores.foresight().perplexity());
      case TOKEN_ACCURACY -> Optional.of(scores.foresight().tokenAccuracy());
      case ROUGE_L -> Optional.of(scores.rougeL());
      case EXACT_MATCH -> Optional.of(scores.exactMatch().value());
      case PERPLEXITY_RATIO, ROUGE_L_GAIN -> Optional.empty();
    };
  }

  /** The 95 % interval of one model's own value, where one is known. */
  public Optional<Interval> intervalOf(TextScores scores) {
    return switch (this) {
      case ROUGE_L -> Optional.of(scores.rougeLInterval());
      case EXACT_MATCH -> Optional.of(scores.exactMatch().wilson());
      default -> Optional.empty();
    };
  }

  /** The 95 % interval of the adapter's value, where one is known. */
  public Optional<Interval> intervalOf(TextEvaluation evaluation) {
    return this == ROUGE_L_GAIN
        ? Optional.of(evaluation.rougeLGainInterval())
        : intervalOf(evaluation.adapter());
  }

  /** How many tokens or answers the value rests on. */
  public long countOf(TextScores scores) {
    return switch (this) {
      case PERPLEXITY, PERPLEXITY_RATIO, TOKEN_ACCURACY -> scores.foresight().tokens();
      case ROUGE_L, ROUGE_L_GAIN, EXACT_MATCH -> scores.answers().size();
    };
  }
}
