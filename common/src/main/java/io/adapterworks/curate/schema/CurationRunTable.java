package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** What each curation run did: one row a step and rule. */
public final class CurationRunTable {
  public static final String RUN = "run";
  public static final String BRONZE_VERSION = "bronze_version";
  public static final String STEP = "step";
  public static final String RULE = "rule";
  public static final String ROWS = "row_count";
  public static final String CONFIGURATION = "configuration";

  /** Values of {@link #RULE} that are no drop rule. */
  public static final String READ = "read";

  public static final String KEPT = "kept";

  public static final TableSpec SPEC =
      new TableSpec(
          "curation_runs",
          "Counts of each curation run, by step and rule.",
          List.of(
              new Column(RUN, LongType, "Number of the run; it rises from run to run."),
              new Column(
                  BRONZE_VERSION, LongType, "Version of bronze_examples that the run came up to."),
              new Column(STEP, StringType, "The step, in the order of the pipeline."),
              new Column(
                  RULE, StringType, "The drop rule; read for rows in, kept for rows that stayed."),
              new Column(ROWS, LongType, "How many new rows."),
              new Column(CONFIGURATION, StringType, "Hash of the curation settings.")),
          List.of(RUN, STEP, RULE));

  private CurationRunTable() {}
}
