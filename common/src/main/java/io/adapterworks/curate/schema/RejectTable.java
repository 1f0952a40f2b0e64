package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** Every row that was dropped, and why. */
public final class RejectTable {
  public static final String ID = "id";
  public static final String RULE = "rule";
  public static final String SCORE = "score";
  public static final String THRESHOLD = "threshold";
  public static final String REASON = "reason";
  public static final String TEXT = "text";
  public static final String LABEL = "label";
  public static final String CLUSTER_ID = "cluster_id";
  public static final String KEPT_ID = "kept_id";
  public static final String SOURCE_ID = "source_id";
  public static final String SOURCE = "source";
  public static final String LINE = "line";
  public static final String BATCH = "batch";

  public static final TableSpec SPEC =
      new TableSpec(
          "curated_rejects",
          "Rows that curation dropped, with the rule, its score and its threshold.",
          List.of(
              new Column(ID, StringType, "Row id; the raw line is in bronze_examples."),
              new Column(RULE, StringType, "The rule that dropped the row."),
              new Column(SCORE, DoubleType, "What the rule measured."),
              new Column(THRESHOLD, DoubleType, "What the rule asked for."),
              new Column(REASON, StringType, "The same in words."),
              new Column(TEXT, StringType, "The text, personal data masked."),
              new Column(LABEL, StringType, "The label as recorded."),
              new Column(
                  CLUSTER_ID, StringType, "The duplicate cluster; null if the row has none."),
              new Column(KEPT_ID, StringType, "The row kept instead of this duplicate, else null."),
              new Column(SOURCE_ID, StringType, "The id that the input gave the row, if any."),
              new Column(SOURCE, StringType, "File the row came from."),
              new Column(LINE, LongType, "Line in that file, from 1."),
              new Column(BATCH, StringType, "The batch or night that brought the row.")),
          List.of(ID));

  private RejectTable() {}
}
