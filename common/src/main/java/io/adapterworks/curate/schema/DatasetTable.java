package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.StringType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** The rows that an adapter is trained and tested on. A version of this table is a dataset. */
public final class DatasetTable {
  public static final String ID = CuratedTable.ID;
  public static final String TEXT = CuratedTable.TEXT;
  public static final String RESPONSE = CuratedTable.RESPONSE;
  public static final String LABEL = CuratedTable.LABEL;
  public static final String RECORDED_LABEL = "recorded_label";
  public static final String SPLIT = CuratedTable.SPLIT;
  public static final String PARENT_ID = CuratedTable.PARENT_ID;
  public static final String OPERATION = CuratedTable.OPERATION;

  public static final TableSpec SPEC =
      new TableSpec(
          "dataset_examples",
          "The rows that an adapter is trained and tested on, chosen from curated_examples.",
          List.of(
              new Column(ID, StringType, "Row id; the same as in curated_examples."),
              new Column(TEXT, StringType, "Normalised text, personal data masked."),
              new Column(RESPONSE, StringType, "Expected answer of an instruction, else null."),
              new Column(LABEL, StringType, "The label, as people decided in review."),
              new Column(RECORDED_LABEL, StringType, "The label before review."),
              new Column(SPLIT, StringType, "train, validation or test."),
              new Column(
                  PARENT_ID, StringType, "The row that an augmented row was made from, else null."),
              new Column(
                  OPERATION, StringType, "What made an augmented row from its parent, else null.")),
          List.of(ID));

  private DatasetTable() {}
}
