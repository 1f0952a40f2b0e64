package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.StringType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** Where the columns of an input changed from one file to the next. */
public final class SchemaDriftTable {
  public static final String BATCH = "batch";
  public static final String SOURCE = "source";
  public static final String COLUMN = "column_name";
  public static final String CHANGE = "change";
  public static final String EXPECTED = "expected";
  public static final String FOUND = "found";

  public static final TableSpec SPEC =
      new TableSpec(
          "schema_drift",
          "Columns that appeared, went missing or changed type from one input file to the next.",
          List.of(
              new Column(BATCH, StringType, "The batch or night that saw it."),
              new Column(SOURCE, StringType, "The file, relative to the folder of its input."),
              new Column(COLUMN, StringType, "The column, or field of the JSON object."),
              new Column(CHANGE, StringType, "new, missing or retyped."),
              new Column(EXPECTED, StringType, "The types it had before; absent if it had none."),
              new Column(FOUND, StringType, "The types it has now; absent if it is gone.")),
          List.of(BATCH, SOURCE, COLUMN, CHANGE));

  private SchemaDriftTable() {}
}
