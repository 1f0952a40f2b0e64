package io.adapterworks.curate.review;

import io.adapterworks.curate.schema.LabelReviewTable;
import org.apache.spark.sql.Row;

/**
 * A row whose label looks wrong.
 *
 * @param decidedLabel null while open
 */
public record ReviewItem(
    String id,
    String text,
    String label,
    String suggested,
    double suspicion,
    String reason,
    String decision,
    String decidedLabel) {
  static ReviewItem of(Row row) {
    return new ReviewItem(
        row.getAs(LabelReviewTable.ID),
        row.getAs(LabelReviewTable.TEXT),
        row.getAs(LabelReviewTable.LABEL),
        row.getAs(LabelReviewTable.SUGGESTED),
        row.<Double>getAs(LabelReviewTable.SUSPICION),
        row.getAs(LabelReviewTable.REASON),
        row.getAs(LabelReviewTable.DECISION),
        row.getAs(LabelReviewTable.DECIDED_LABEL));
  }

  /** Whether nobody has decided about it. */
  public boolean isOpen() {
    return decision.equals(LabelReviewTable.OPEN);
  }

  /** The same with what a person decided. */
  ReviewItem decided(String newLabel) {
    return new ReviewItem(id, text, label, suggested, suspicion, reason, kind(newLabel), newLabel);
  }

  private String kind(String newLabel) {
    if (newLabel.equals(label)) {
      return LabelReviewTable.KEPT;
    }
    return newLabel.equals(suggested) ? LabelReviewTable.ACCEPTED : LabelReviewTable.RELABELLED;
  }
}
