package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** Rows whose label looks wrong, for a person to decide. */
public final class LabelReviewTable {
  public static final String ID = "id";
  public static final String TEXT = "text";
  public static final String LABEL = "label";
  public static final String SUGGESTED = "suggested";
  public static final String SUSPICION = "suspicion";
  public static final String REASON = "reason";
  public static final String DECISION = "decision";
  public static final String DECIDED_LABEL = "decided_label";

  /** Values of {@link #REASON}. */
  public static final String CONFLICTING_LABELS = "conflicting-labels";

  public static final String CONFIDENT_LEARNING = "confident-learning";

  /** Values of {@link #DECISION}. */
  public static final String OPEN = "open";

  /** The suggested label was right. */
  public static final String ACCEPTED = "accepted";

  /** A third label was right. */
  public static final String RELABELLED = "relabelled";

  /** The recorded label was right. */
  public static final String KEPT = "kept";

  public static final TableSpec SPEC =
      new TableSpec(
          "label_review",
          "Rows whose label looks wrong, for a person to decide; nothing is deleted on its own.",
          List.of(
              new Column(ID, StringType, "Row id in curated_examples."),
              new Column(TEXT, StringType, "The text, personal data masked."),
              new Column(LABEL, StringType, "The label it has."),
              new Column(SUGGESTED, StringType, "The label it may rather have."),
              new Column(SUSPICION, DoubleType, "0 to 1; the higher, the likelier a wrong label."),
              new Column(REASON, StringType, "conflicting-labels or confident-learning."),
              new Column(DECISION, StringType, "open, accepted, relabelled or kept."),
              new Column(DECIDED_LABEL, StringType, "The label a person gave; null while open.")),
          List.of(ID));

  private LabelReviewTable() {}
}
