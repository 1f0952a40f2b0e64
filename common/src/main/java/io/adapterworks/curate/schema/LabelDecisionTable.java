package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.StringType;
import static org.apache.spark.sql.types.DataTypes.TimestampType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** What people decided about labels: who, when, what. Append only; the newest of a row counts. */
public final class LabelDecisionTable {
  public static final String ID = LabelReviewTable.ID;
  public static final String TEXT = LabelReviewTable.TEXT;
  public static final String LABEL = LabelReviewTable.LABEL;
  public static final String DECISION = LabelReviewTable.DECISION;
  public static final String DECIDED_LABEL = LabelReviewTable.DECIDED_LABEL;
  public static final String DECIDED_BY = "decided_by";
  public static final String DECIDED_AT = "decided_at";

  public static final TableSpec SPEC =
      new TableSpec(
          "label_decisions",
          "Every decision of a person about a label; the newest of a row counts.",
          List.of(
              new Column(ID, StringType, "Row id in curated_examples."),
              new Column(TEXT, StringType, "The text as the person saw it."),
              new Column(LABEL, StringType, "The label as recorded."),
              new Column(DECISION, StringType, "accepted, relabelled or kept."),
              new Column(DECIDED_LABEL, StringType, "The label that the person gave."),
              new Column(DECIDED_BY, StringType, "Who decided."),
              new Column(DECIDED_AT, TimestampType, "When, in UTC.")),
          List.of(ID, DECIDED_AT));

  private LabelDecisionTable() {}
}
