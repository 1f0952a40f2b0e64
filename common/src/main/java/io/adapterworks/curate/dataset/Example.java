package io.adapterworks.curate.dataset;

import io.adapterworks.curate.review.Judgement;
import java.util.Comparator;

/**
 * A row that may be trained on, with what the choice depends on.
 *
 * @param label null for instructions
 * @param copies raw rows that said the same
 * @param vector its embedding, of length 1
 * @param doubt what label review holds against its label; null for nothing
 */
@SuppressWarnings("ArrayRecordComponent") // a row is its id; its vector is never compared
public record Example(
    String id, String text, String label, int copies, float[] vector, Judgement doubt) {
  /** Whom to keep of two that say the same: trusted labels, then frequent texts, then by id. */
  static final Comparator<Example> BEST_FIRST =
      Comparator.comparing((Example example) -> !example.isTrusted())
          .thenComparing(Comparator.comparingInt(Example::copies).reversed())
          .thenComparing(Example::id);

  boolean isTrusted() {
    return doubt == null;
  }

  double cosine(Example other) {
    double sum = 0;
    for (int i = 0; i < vector.length; i++) {
      sum += (double) vector[i] * other.vector[i];
    }
    return sum;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Example that && id.equals(that.id);
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }
}
