package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;
import static org.apache.spark.sql.types.DataTypes.createMapType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** The clean examples: one of each duplicate cluster. A version of this table is a dataset. */
public final class CuratedTable {
  public static final String ID = "id";
  public static final String TEXT = "text";
  public static final String RESPONSE = "response";
  public static final String LABEL = "label";
  public static final String SPLIT = "split";
  public static final String CLUSTER_ID = "cluster_id";
  public static final String CLUSTER_SIZE = "cluster_size";
  public static final String PII = "pii";
  public static final String SCORES = "scores";
  public static final String SOURCE_ID = "source_id";
  public static final String SOURCE = "source";
  public static final String LINE = "line";
  public static final String BATCH = "batch";
  public static final String PARENT_ID = "parent_id";
  public static final String OPERATION = "operation";

  /** Values of {@link #SPLIT}. */
  public static final String TRAIN = "train";

  public static final String VALIDATION = "validation";
  public static final String TEST = "test";

  public static final TableSpec SPEC =
      new TableSpec(
          "curated_examples",
          "Clean, labelled examples, one of each duplicate cluster, personal data masked.",
          List.of(
              new Column(ID, StringType, "Row id; the same as in bronze_examples."),
              new Column(TEXT, StringType, "Normalised text, personal data masked as [TYPE_n]."),
              new Column(
                  RESPONSE, StringType, "Expected answer of an instruction; null for labels."),
              new Column(LABEL, StringType, "The label; null for instructions."),
              new Column(SPLIT, StringType, "train, validation or test, fixed by the cluster."),
              new Column(CLUSTER_ID, StringType, "Id of the earliest row of its duplicates."),
              new Column(CLUSTER_SIZE, IntegerType, "How many raw rows the cluster holds."),
              new Column(
                  PII,
                  createMapType(StringType, IntegerType),
                  "How many pieces of personal data were masked, by type."),
              new Column(SCORES, createMapType(StringType, DoubleType), "Quality scores, by rule."),
              new Column(SOURCE_ID, StringType, "The id that the input gave the row, if any."),
              new Column(SOURCE, StringType, "File the row came from."),
              new Column(LINE, LongType, "Line in that file, from 1."),
              new Column(BATCH, StringType, "The batch or night that brought the row."),
              new Column(
                  PARENT_ID, StringType, "The row that an augmented row was made from, else null."),
              new Column(
                  OPERATION, StringType, "What made an augmented row from its parent, else null.")),
          List.of(ID));

  private CuratedTable() {}
}
