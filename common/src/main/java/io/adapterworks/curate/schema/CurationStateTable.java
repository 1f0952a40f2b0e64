package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.BinaryType;
import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;
import static org.apache.spark.sql.types.DataTypes.createArrayType;
import static org.apache.spark.sql.types.DataTypes.createMapType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/**
 * Every row that passed the row steps, duplicate or not, with its signature: what the next run
 * compares new rows with. Append only; the last write of a run, so its transaction is how far
 * curation has come.
 */
public final class CurationStateTable {
  public static final String ID = CuratedTable.ID;
  public static final String TEXT = CuratedTable.TEXT;
  public static final String RESPONSE = CuratedTable.RESPONSE;
  public static final String LABEL = CuratedTable.LABEL;
  public static final String PII = CuratedTable.PII;
  public static final String SCORES = CuratedTable.SCORES;
  public static final String SOURCE_ID = CuratedTable.SOURCE_ID;
  public static final String SOURCE = CuratedTable.SOURCE;
  public static final String LINE = CuratedTable.LINE;
  public static final String BATCH = CuratedTable.BATCH;
  public static final String NODE = "node";
  public static final String SHINGLES = "shingles";
  public static final String BANDS = "bands";

  public static final TableSpec SPEC =
      new TableSpec(
          "curation_state",
          "Rows that passed every row step, with their duplicate signatures; for curation itself.",
          List.of(
              new Column(ID, StringType, "Row id."),
              new Column(NODE, LongType, "Hash of the text's key: equal for exact duplicates."),
              new Column(
                  BANDS, createArrayType(LongType, false), "MinHash bands of the text's key."),
              new Column(
                  SHINGLES, BinaryType, "Sorted hashes of the key's shingles, 4 bytes each."),
              new Column(TEXT, StringType, "Normalised text, personal data masked."),
              new Column(RESPONSE, StringType, "Expected answer of an instruction."),
              new Column(LABEL, StringType, "The label as recorded."),
              new Column(
                  PII, createMapType(StringType, IntegerType), "Masked personal data by type."),
              new Column(SCORES, createMapType(StringType, DoubleType), "Quality scores, by rule."),
              new Column(SOURCE_ID, StringType, "The id that the input gave the row, if any."),
              new Column(SOURCE, StringType, "File the row came from."),
              new Column(LINE, LongType, "Line in that file, from 1."),
              new Column(BATCH, StringType, "The batch or night that brought the row.")),
          List.of(ID));

  private CurationStateTable() {}
}
