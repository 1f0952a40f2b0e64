package io.adapterworks.curate.review;

import java.util.Comparator;

/**
 * What classifiers that never saw a row think of its label.
 *
 * @param id the row
 * @param label the label it has
 * @param suggested the label it would rather have
 * @param selfConfidence probability of the label it has
 * @param suspicion p(suggested) / (p(suggested) + p(label)), 0 to 1
 * @param suspect whether the row is up for review
 */
public record Judgement(
    String id,
    String label,
    String suggested,
    double selfConfidence,
    double suspicion,
    boolean suspect) {
  /** The most suspicious first, equals by id. */
  public static final Comparator<Judgement> MOST_SUSPICIOUS_FIRST =
      Comparator.comparingDouble(Judgement::suspicion)
          .reversed()
          .thenComparing(Judgement::selfConfidence)
          .thenComparing(Judgement::id);
}
