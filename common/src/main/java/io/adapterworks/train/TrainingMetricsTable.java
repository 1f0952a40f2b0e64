package io.adapterworks.train;

import static org.apache.spark.sql.functions.col;

import io.adapterworks.table.Column;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import io.adapterworks.table.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;

/** The table {@code training_metrics}: one row for each number of each step and epoch of a run. */
public final class TrainingMetricsTable {
  public static final String RUN_ID = "run_id";
  public static final String STEP = "step";
  public static final String EPOCH = "epoch";
  public static final String METRIC = "metric";
  public static final String VALUE = "value";
  public static final String SECONDS = "seconds";

  public static final String LOSS = "loss";
  public static final String LEARNING_RATE = "learning_rate";
  public static final String TRAINING_LOSS = "training_loss";
  public static final String VALIDATION_LOSS = "validation_loss";
  public static final String VALIDATION_ACCURACY = "validation_accuracy";

  public static final TableSpec SPEC =
      new TableSpec(
          "training_metrics",
          "One row for each number of each step and epoch of a training run.",
          List.of(
              new Column(RUN_ID, DataTypes.StringType, "The run, as in training_runs."),
              new Column(STEP, DataTypes.IntegerType, "Optimizer steps done, from 1."),
              new Column(EPOCH, DataTypes.IntegerType, "From 0."),
              new Column(
                  METRIC,
                  DataTypes.StringType,
                  "loss and learning_rate of a step; training_loss, validation_loss and"
                      + " validation_accuracy of an epoch."),
              new Column(VALUE, DataTypes.DoubleType, "The number."),
              new Column(SECONDS, DataTypes.DoubleType, "Since training began.")),
          List.of(RUN_ID, STEP, METRIC));

  private TrainingMetricsTable() {}

  /** One number of a run. */
  public record Value(int step, double value) {}

  /** One metric of a run, by step; empty where the table or the run is not there. */
  public static List<Value> read(DeltaStore store, String runId, String metric) {
    return store
        .readOrEmpty(SPEC)
        .where(col(RUN_ID).equalTo(runId).and(col(METRIC).equalTo(metric)))
        .orderBy(STEP)
        .select(STEP, VALUE)
        .collectAsList()
        .stream()
        .map(row -> new Value(row.getInt(0), row.getDouble(1)))
        .toList();
  }

  /** Collects a run's rows as it trains; several threads may use it. */
  public static final class Recorder implements TrainingObserver {
    private final String runId;
    private final List<Row> rows = new ArrayList<>();
    private int writes;
    private final List<StepMetrics> steps = new ArrayList<>();
    private final List<EpochMetrics> epochs = new ArrayList<>();

    public Recorder(String runId) {
      this.runId = runId;
    }

    @Override
    public synchronized void step(StepMetrics metrics) {
      steps.add(metrics);
      add(metrics.step(), metrics.epoch(), LOSS, metrics.loss(), metrics.elapsed());
      add(
          metrics.step(),
          metrics.epoch(),
          LEARNING_RATE,
          metrics.learningRate(),
          metrics.elapsed());
    }

    @Override
    public synchronized void epoch(EpochMetrics metrics) {
      epochs.add(metrics);
      int step = metrics.step();
      add(step, metrics.epoch(), TRAINING_LOSS, metrics.trainingLoss(), metrics.elapsed());
      add(step, metrics.epoch(), VALIDATION_LOSS, metrics.validationLoss(), metrics.elapsed());
      add(
          step,
          metrics.epoch(),
          VALIDATION_ACCURACY,
          metrics.validationAccuracy(),
          metrics.elapsed());
    }

    private void add(int step, int epoch, String metric, double value, Duration elapsed) {
      if (!Double.isNaN(value)) {
        rows.add(RowFactory.create(runId, step, epoch, metric, value, elapsed.toNanos() * 1e-9));
      }
    }

    /** The steps so far. */
    public synchronized List<StepMetrics> steps() {
      return List.copyOf(steps);
    }

    /** The epochs so far. */
    public synchronized List<EpochMetrics> epochs() {
      return List.copyOf(epochs);
    }

    /** The run, as in training_runs. */
    public String runId() {
      return runId;
    }

    /** Adds the rows since the last write to the table, each once. */
    public void write(DeltaStore store) {
      List<Row> fresh;
      Transaction transaction;
      synchronized (this) {
        fresh = List.copyOf(rows);
        transaction = new Transaction("training-metrics-" + runId, writes);
      }
      if (fresh.isEmpty()) {
        return;
      }
      store.append(SPEC, store.spark().createDataFrame(fresh, SPEC.schema()), transaction);
      synchronized (this) {
        rows.subList(0, fresh.size()).clear();
        writes++;
      }
    }
  }
}
