package io.adapterworks.curate.dataset;

import io.adapterworks.error.Check;
import java.util.List;

/**
 * When a training text gives away a held-out one.
 *
 * @param enabled whether such texts are looked for
 * @param words length of an n-gram
 * @param threshold share of the shorter text's n-grams that the other has, from which on it does
 * @param evaluationSets CSV files with a column text that must not be trained on either
 */
public record DecontaminationConfig(
    boolean enabled, int words, double threshold, List<String> evaluationSets) {
  public DecontaminationConfig {
    Check.inRange("dataset.decontamination.words", words, 1, 50);
    Check.inRange("dataset.decontamination.threshold", threshold, 0.1, 1);
    evaluationSets = List.copyOf(evaluationSets);
  }
}
