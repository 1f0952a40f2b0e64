package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** Clean training rows that the dataset does not have, and why. */
public final class DatasetRejectTable {
  public static final String ID = RejectTable.ID;
  public static final String RULE = RejectTable.RULE;
  public static final String SCORE = RejectTable.SCORE;
  public static final String THRESHOLD = RejectTable.THRESHOLD;
  public static final String REASON = RejectTable.REASON;
  public static final String TEXT = RejectTable.TEXT;
  public static final String LABEL = RejectTable.LABEL;
  public static final String KEPT_ID = RejectTable.KEPT_ID;

  public static final TableSpec SPEC =
      new TableSpec(
          "dataset_rejects",
          "Clean training rows that the dataset leaves out; they stay in curated_examples.",
          List.of(
              new Column(ID, StringType, "Row id in curated_examples."),
              new Column(
                  RULE,
                  StringType,
                  "semantic-duplicate, contamination, over-target or under-review."),
              new Column(SCORE, DoubleType, "What the rule measured."),
              new Column(THRESHOLD, DoubleType, "What the rule asked for."),
              new Column(REASON, StringType, "The same in words."),
              new Column(TEXT, StringType, "The text, personal data masked."),
              new Column(LABEL, StringType, "Its label."),
              new Column(KEPT_ID, StringType, "The row that stands for this one, else null.")),
          List.of(ID));

  private DatasetRejectTable() {}
}
