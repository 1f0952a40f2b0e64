package io.adapterworks.table;

import io.delta.tables.DeltaTable;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import scala.Console;

/**
 * Keeps tables fast and small: joins the small files that many nights leave, and deletes files that
 * no version needs which is younger than a retention.
 */
public final class TableMaintenance {
  private static final String CHECK = "spark.databricks.delta.retentionDurationCheck.enabled";

  /** Delta 4 would take the table's property instead of what it is asked for. */
  private static final String IGNORE =
      "spark.databricks.delta.vacuum.retentionWindowIgnore.enabled";

  private final SparkSession spark;
  private final Path warehouse;

  public TableMaintenance(SparkSession spark, String warehouse) {
    this.spark = spark;
    this.warehouse = new Path(warehouse);
  }

  /**
   * What was done to a table.
   *
   * @param filesJoined small files that were joined into larger ones
   * @param filesWritten the larger ones
   * @param filesDeleted files that went
   * @param retention how far back every version stays readable
   */
  public record Upkeep(
      String table, long filesJoined, long filesWritten, long filesDeleted, Duration retention) {}

  /** Names of the tables there are. */
  public List<String> tables() {
    return new SqlTables(spark, warehouse.toString()).names();
  }

  /** Joins small files; the rows and their order of versions stay as they are. */
  public Upkeep compact(String table) {
    Row metrics =
        DeltaTable.forPath(spark, path(table))
            .optimize()
            .executeCompaction()
            .selectExpr("metrics.numFilesRemoved", "metrics.numFilesAdded")
            .head();
    return new Upkeep(table, metrics.getLong(0), metrics.getLong(1), 0, Duration.ZERO);
  }

  /** Deletes the files that only versions older than {@code retention} need. */
  public Upkeep vacuum(String table, Duration retention) {
    long before = files(table);
    // The configuration holds retention above a day; Delta's own check knows a week only.
    spark.conf().set(CHECK, "false");
    spark.conf().set(IGNORE, "false");
    try {
      // Delta prints what it deleted, in the midst of the job's own lines.
      Console.withOut(
          OutputStream.nullOutputStream(),
          () -> DeltaTable.forPath(spark, path(table)).vacuum(retention.toMinutes() / 60.0));
    } finally {
      spark.conf().unset(CHECK);
      spark.conf().unset(IGNORE);
    }
    return new Upkeep(table, 0, 0, before - files(table), retention);
  }

  private long files(String table) {
    return WarehouseFiles.count(new Path(path(table)), spark.sparkContext().hadoopConfiguration());
  }

  private String path(String table) {
    return new Path(warehouse, table).toString();
  }
}
