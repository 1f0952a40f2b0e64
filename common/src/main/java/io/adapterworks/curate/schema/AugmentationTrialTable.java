package io.adapterworks.curate.schema;

import static org.apache.spark.sql.types.DataTypes.BooleanType;
import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import io.adapterworks.table.Column;
import io.adapterworks.table.TableSpec;
import java.util.List;

/** The trials that decided whether varied rows came into a dataset. */
public final class AugmentationTrialTable {
  public static final String RUN = DatasetRunTable.RUN;
  public static final String MADE = "made";
  public static final String VALIDATION = "validation_rows";
  public static final String WITHOUT = "accuracy_without";
  public static final String WITH = "accuracy_with";
  public static final String KEPT = "kept";
  public static final String TRIAL = "trial";

  public static final TableSpec SPEC =
      new TableSpec(
          "augmentation_trials",
          "Short trainings that decided whether varied rows came into a dataset.",
          List.of(
              new Column(RUN, LongType, "Number of the run in dataset_runs."),
              new Column(MADE, LongType, "Varied rows made."),
              new Column(VALIDATION, LongType, "Validation rows that decided; 0 for no trial."),
              new Column(WITHOUT, DoubleType, "Their accuracy without the varied rows, 0 to 1."),
              new Column(WITH, DoubleType, "Their accuracy with them."),
              new Column(KEPT, BooleanType, "Whether the varied rows came into the dataset."),
              new Column(TRIAL, StringType, "How both were trained.")),
          List.of(RUN));

  private AugmentationTrialTable() {}
}
