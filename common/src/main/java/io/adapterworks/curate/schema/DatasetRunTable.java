package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** What each making of a dataset did: one row a step and rule. */
public final class DatasetRunTable {
  public static final String RUN = "run";
  public static final String CURATED_VERSION = "curated_version";
  public static final String STEP = CurationRunTable.STEP;
  public static final String RULE = CurationRunTable.RULE;
  public static final String ROWS = CurationRunTable.ROWS;
  public static final String MADE_FROM = "made_from";

  public static final TableSpec SPEC =
      new TableSpec(
          "dataset_runs",
          "Counts of each making of a dataset, by step and rule.",
          List.of(
              new Column(RUN, LongType, "Number of the run; it rises from run to run."),
              new Column(
                  CURATED_VERSION, LongType, "Version of curated_examples that it was made of."),
              new Column(STEP, StringType, "The step, in the order of the pipeline."),
              new Column(
                  RULE, StringType, "The rule; read for rows in, kept for rows that stayed."),
              new Column(ROWS, LongType, "How many training rows."),
              new Column(
                  MADE_FROM,
                  StringType,
                  "Hash of the curated version, the decisions, the base model and the settings.")),
          List.of(RUN, STEP, RULE));

  private DatasetRunTable() {}
}
