package io.adapterworks.registry;

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

/** The table {@code adapter_versions}: one row for each published version. */
public final class AdapterVersionsTable {
  public static final String ADAPTER = "adapter";
  public static final String VERSION = "version";
  public static final String METRICS = "metrics";

  public static final TableSpec SPEC =
      new TableSpec(
          "adapter_versions",
          "One row for each published adapter version, as its manifest says.",
          List.of(
              new Column(ADAPTER, DataTypes.StringType, "Name of the adapter."),
              new Column(VERSION, DataTypes.IntegerType, "Its version, from 1."),
              new Column("task", DataTypes.StringType, "What it is for."),
              new Column("labels", DataTypes.IntegerType, "How many labels it tells apart."),
              new Column("dataset", DataTypes.StringType, "Table that it was trained on."),
              new Column("dataset_version", DataTypes.LongType, "Delta version of that table."),
              new Column("base", DataTypes.StringType, "Where the frozen base model lies."),
              new Column(
                  "base_fingerprint", DataTypes.StringType, "Digest of the base model's weights."),
              new Column("dtype", DataTypes.StringType, "Number type of the base in training."),
              new Column("seed", DataTypes.LongType, "Where everything random started."),
              new Column("config_hash", DataTypes.StringType, "SHA-256 of the configuration."),
              new Column("code_version", DataTypes.StringType, "Version of Adapterworks."),
              new Column("run_id", DataTypes.StringType, "The run that trained it."),
              new Column(
                  METRICS,
                  DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType),
                  "Metrics on the test split by name."),
              new Column("created_at", DataTypes.TimestampType, "When it was published.")),
          List.of(ADAPTER, VERSION));

  private AdapterVersionsTable() {}

  /** Adds the version's row, unless it is there. */
  static WriteOutcome write(DeltaStore store, AdapterManifest manifest) {
    Row row =
        RowFactory.create(
            manifest.name(),
            manifest.version(),
            manifest.task().kind(),
            manifest.task().labels().size(),
            manifest.dataset().table(),
            manifest.dataset().version(),
            manifest.base().location(),
            manifest.base().fingerprint(),
            manifest.training().dtype(),
            manifest.training().seed(),
            manifest.training().configHash(),
            manifest.training().codeVersion(),
            manifest.training().runId(),
            scala.jdk.javaapi.CollectionConverters.asScala(manifest.metrics()),
            Timestamp.from(manifest.createdAt()));
    return store.append(
        SPEC,
        store.spark().createDataFrame(List.of(row), SPEC.schema()),
        new Transaction("publish " + manifest.ref(), 0));
  }
}
