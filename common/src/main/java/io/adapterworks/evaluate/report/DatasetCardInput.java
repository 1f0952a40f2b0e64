package io.adapterworks.evaluate.report;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that a dataset card shows.
 *
 * @param dataset name and version of the dataset
 * @param purpose what the dataset is for, in a sentence
 * @param underReview labels that wait for a person
 * @param steps from raw lines to training rows
 * @param labels by number of training rows, the most first
 * @param lengths words of the training rows, bins ascending
 * @param drops rules that dropped rows, the most first
 * @param clusters how many texts were there once, twice, …, in this order
 * @param pii pieces of personal data masked, by type
 * @param trial what decided whether varied rows came in, where any were made
 * @param facts what made the dataset
 */
public record DatasetCardInput(
    String dataset,
    String purpose,
    Instant at,
    long underReview,
    List<Step> steps,
    List<Label> labels,
    List<Bin> lengths,
    List<Drop> drops,
    List<Bin> clusters,
    Map<String, Long> pii,
    Optional<Trial> trial,
    List<Fact> facts) {
  public DatasetCardInput {
    steps = List.copyOf(steps);
    labels = List.copyOf(labels);
    lengths = List.copyOf(lengths);
    drops = List.copyOf(drops);
    clusters = List.copyOf(clusters);
    facts = List.copyOf(facts);
  }

  /** What a step read and kept, and what it dropped, in words. */
  public record Step(String name, long read, long kept, String dropped) {}

  /** Rows of a label by split. */
  public record Label(String name, long train, long validation, long test) {}

  /** How many rows are in a range. */
  public record Bin(String range, long count) {}

  /** A rule, how many rows it dropped, and some of them. */
  public record Drop(String rule, long count, List<Example> examples) {
    public Drop {
      examples = List.copyOf(examples);
    }
  }

  /**
   * Two short trainings, one with varied rows.
   *
   * @param made varied rows
   * @param validation rows that decided; 0 where there were none
   * @param without their accuracy without the varied rows, 0 to 1
   * @param with their accuracy with them
   * @param kept whether the varied rows came in
   * @param how both were trained
   */
  public record Trial(
      long made, long validation, double without, double with, boolean kept, String how) {
    String verdict() {
      if (validation == 0) {
        return "They are left out: there are no validation rows to decide.";
      }
      return kept
          ? "They are kept: validation does not fall."
          : "They are left out: validation falls.";
    }
  }

  /** A dropped row. */
  public record Example(String text, String reason) {}

  long rows(java.util.function.ToLongFunction<Label> split) {
    return labels.stream().mapToLong(split).sum();
  }
}
