package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** Every raw line of every input, once, as it came. Append only. */
public final class BronzeTable {
  public static final String ID = "id";
  public static final String COLUMNS = "columns";
  public static final String SOURCE = "source";
  public static final String LINE = "line";
  public static final String BATCH = "batch";
  public static final String RAW = "raw";
  public static final String FAULT = "fault";
  public static final String FAULT_REASON = "fault_reason";

  /** The change feed tells curation which rows are new. */
  public static final TableSpec SPEC =
      new TableSpec(
              "bronze_examples",
              "Every raw line of every input, once, as it came.",
              List.of(
                  new Column(
                      ID,
                      StringType,
                      "SHA-256 of source, line and raw text, first 128 bits in hex."),
                  new Column(
                      COLUMNS, StringType, "JSON: which field holds text, label, response and id."),
                  new Column(SOURCE, StringType, "File, relative to the folder of its input."),
                  new Column(
                      LINE, LongType, "Line in the file, from 1; for Parquet the row, from 1."),
                  new Column(BATCH, StringType, "The batch or night that brought the line."),
                  new Column(
                      RAW,
                      StringType,
                      "The line as it came; a CSV or Parquet row as a JSON object; cut where too long."),
                  new Column(
                      FAULT,
                      StringType,
                      "Why the line could not be read as text; null if it could."),
                  new Column(
                      FAULT_REASON, StringType, "The fault in words; null without a fault.")),
              List.of(ID))
          .with("delta.enableChangeDataFeed", "true");

  private BronzeTable() {}
}
