package io.adapterworks.evaluate;

import io.adapterworks.evaluate.TextMetrics.Foresight;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How a model that generates text fared on the rows of a test set.
 *
 * @param foresight how well it foresaw the answers of all rows
 * @param answers what it answered to some of them
 * @param unanswered rows whose prompt leaves no room for an answer in the model's context
 */
public record TextScores(Foresight foresight, List<Answer> answers, int unanswered) {
  private static final int RESAMPLES = 1000;
  private static final long SEED = 20260301;

  /**
   * One generated answer.
   *
   * @param prompt what was asked, as the dataset has it
   * @param reference the answer of the dataset
   */
  public record Answer(String prompt, String reference, String text) {
    /** {@link TextMetrics#rougeL}. */
    public double rougeL() {
      return TextMetrics.rougeL(text, reference);
    }

    /** Whether the text is the reference but for whitespace around it. */
    public boolean isExact() {
      return text.strip().equals(reference.strip());
    }
  }

  public TextScores {
    answers = List.copyOf(answers);
  }

  /** The mean ROUGE-L of the answers; 0 where there are none. */
  public double rougeL() {
    return answers.stream().mapToDouble(Answer::rougeL).average().orElse(0);
  }

  /** The 95 % interval of {@link #rougeL}, by bootstrap over answers. */
  public Interval rougeLInterval() {
    return bootstrap(answers.stream().mapToDouble(Answer::rougeL).toArray());
  }

  /** How many of the answers are their references. */
  public Proportion exactMatch() {
    return new Proportion(answers.stream().filter(Answer::isExact).count(), answers.size());
  }

  /** Percentiles of the means of resamples; the same values give the same interval. */
  static Interval bootstrap(double[] values) {
    if (values.length == 0) {
      return new Interval(0, 0);
    }
    SplittableRandom random = new SplittableRandom(SEED);
    double[] means = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      double sum = 0;
      for (int j = 0; j < values.length; j++) {
        sum += values[random.nextInt(values.length)];
      }
      means[i] = sum / values.length;
    }
    Arrays.sort(means);
    return new Interval(means[RESAMPLES / 40], means[RESAMPLES - 1 - RESAMPLES / 40]);
  }
}
