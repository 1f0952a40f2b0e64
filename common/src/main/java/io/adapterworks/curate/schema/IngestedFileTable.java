package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** Which input files were ingested, and how they looked then, so that they are not read again. */
public final class IngestedFileTable {
  public static final String PATH = "path";
  public static final String BYTES = "bytes";
  public static final String MODIFIED = "modified_millis";
  public static final String BATCH = "batch";
  public static final String INPUT = "input";
  public static final String COLUMNS = "columns";

  public static final TableSpec SPEC =
      new TableSpec(
          "ingested_files",
          "Input files that were ingested.",
          List.of(
              new Column(PATH, StringType, "Where the file lies."),
              new Column(BYTES, LongType, "Its size when it was read."),
              new Column(MODIFIED, LongType, "When it was last modified, in ms since 1970."),
              new Column(BATCH, StringType, "The batch that read it."),
              new Column(INPUT, StringType, "The inputs.path that it was found by."),
              new Column(
                  COLUMNS, StringType, "JSON: its columns, each with the types its values had.")),
          List.of(PATH));

  private IngestedFileTable() {}
}
