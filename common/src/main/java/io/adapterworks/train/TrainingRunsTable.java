package io.adapterworks.train;

import io.adapterworks.table.Column;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import io.adapterworks.table.Transaction;
import io.adapterworks.table.WriteOutcome;
import java.sql.Timestamp;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;

/** The table {@code training_runs}: one row for each training that came to its end. */
public final class TrainingRunsTable {
  public static final String RUN_ID = "run_id";
  public static final String ADAPTER = "adapter";
  public static final String DATASET_VERSION = "dataset_version";
  public static final String BASE = "base";
  public static final String BASE_FINGERPRINT = "base_fingerprint";
  public static final String CONFIG_HASH = "config_hash";
  public static final String SEED = "seed";
  public static final String ENGINE = "engine";
  public static final String DTYPE = "dtype";
  public static final String CODE_VERSION = "code_version";
  public static final String STARTED_AT = "started_at";
  public static final String SECONDS = "seconds";
  public static final String STEPS = "steps";
  public static final String STOPPED_EARLY = "stopped_early";
  public static final String BEST_EPOCH = "best_epoch";
  public static final String TOKENS_PER_SECOND = "tokens_per_second";
  public static final String PARAMETERS = "parameters";

  public static final TableSpec SPEC =
      new TableSpec(
          "training_runs",
          "One row for each training that came to its end.",
          List.of(
              new Column(RUN_ID, DataTypes.StringType, "The run; key of training_metrics too."),
              new Column(ADAPTER, DataTypes.StringType, "Name of the adapter trained."),
              new Column(
                  DATASET_VERSION, DataTypes.LongType, "Version of curated_examples trained on."),
              new Column(BASE, DataTypes.StringType, "The base model as configured."),
              new Column(BASE_FINGERPRINT, DataTypes.StringType, "SHA-256 of the base model."),
              new Column(CONFIG_HASH, DataTypes.StringType, "SHA-256 of the configuration."),
              new Column(SEED, DataTypes.LongType, "Where everything random started."),
              new Column(ENGINE, DataTypes.StringType, "The engine and its device."),
              new Column(DTYPE, DataTypes.StringType, "Number type of weights and activations."),
              new Column(CODE_VERSION, DataTypes.StringType, "Version of this program."),
              new Column(STARTED_AT, DataTypes.TimestampType, "When training began."),
              new Column(SECONDS, DataTypes.DoubleType, "How long it took, validation included."),
              new Column(STEPS, DataTypes.IntegerType, "Optimizer steps done."),
              new Column(
                  STOPPED_EARLY, DataTypes.BooleanType, "Validation stopped improving before."),
              new Column(
                  BEST_EPOCH, DataTypes.IntegerType, "Epoch kept, from 0; null for the last."),
              new Column(TOKENS_PER_SECOND, DataTypes.DoubleType, "Tokens trained on a second."),
              new Column(PARAMETERS, DataTypes.LongType, "Trained parameters.")),
          List.of(RUN_ID));

  private TrainingRunsTable() {}

  /** Adds the run's row, once. */
  public static WriteOutcome write(DeltaStore store, TrainingRun run) {
    TrainingResult result = run.result();
    Row row =
        RowFactory.create(
            run.id(),
            run.adapter(),
            run.datasetVersion(),
            run.base(),
            run.baseFingerprint(),
            run.configHash(),
            run.seed(),
            run.engine().name() + ", " + run.engine().device(),
            run.engine().computeType().name(),
            run.codeVersion(),
            Timestamp.from(run.startedAt()),
            result.elapsed().toNanos() * 1e-9,
            result.steps(),
            result.stoppedEarly(),
            result.bestEpoch().orElse(null),
            result.tokensPerSecond(),
            (long) result.parameters().length);
    return store.append(
        SPEC,
        store.spark().createDataFrame(List.of(row), SPEC.schema()),
        new Transaction("training-run-" + run.id(), 0));
  }
}
