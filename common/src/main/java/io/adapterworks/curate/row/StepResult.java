package io.adapterworks.curate.row;

/** What a step made of a row. */
public sealed interface StepResult {
  /** The row goes on, perhaps changed. */
  record Kept(Draft draft) implements StepResult {}

  /** The row is dropped. */
  record Rejected(Rejection rejection) implements StepResult {}

  static StepResult reject(String rule, double score, double threshold, String reason) {
    return new Rejected(new Rejection(rule, score, threshold, reason));
  }
}
