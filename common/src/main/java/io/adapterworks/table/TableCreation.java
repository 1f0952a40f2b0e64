package io.adapterworks.table;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.DeltaOptions;
import org.apache.spark.sql.delta.commands.WriteIntoDelta;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The first write of a table: its rows, its properties and its description in one commit. Delta's
 * writer takes no description, and setting it afterwards would cost a version of its own.
 */
final class TableCreation {
  /** Delta reads the description of a new table from this key. */
  private static final String DESCRIPTION = "comment";

  private static final String KEPT = "interval 3650 days";

  private final SparkSession spark;
  private final String path;
  private final TableSpec table;

  TableCreation(SparkSession spark, String path, TableSpec table) {
    this.spark = spark;
    this.path = path;
    this.table = table;
  }

  /**
   * Writes the first rows.
   *
   * @param mode what happens where another job has made the table meanwhile
   */
  void write(Dataset<Row> rows, SaveMode mode, Optional<Transaction> transaction) {
    Map<String, String> configuration = new HashMap<>(properties(table));
    configuration.put(DESCRIPTION, table.comment());
    Map<String, String> options = new HashMap<>(Map.of("path", path));
    transaction.ifPresent(
        write -> {
          options.put("txnAppId", write.application());
          options.put("txnVersion", Long.toString(write.version()));
        });
    new WriteIntoDelta(
            DeltaLog.forTable(spark, path),
            mode,
            new DeltaOptions(scala(options), spark.sessionState().conf()),
            CollectionConverters.asScala(table.partitionBy()).toSeq(),
            scala(configuration),
            rows,
            Option.empty(),
            Option.<StructType>empty(),
            false)
        .run(spark);
  }

  /** The Delta properties of a new table. */
  private static Map<String, String> properties(TableSpec table) {
    Map<String, String> properties = new HashMap<>();
    properties.put("delta.enableDeletionVectors", "true");
    properties.put("delta.dataSkippingNumIndexedCols", "4");
    // Old versions go by vacuum alone, which knows what must stay readable.
    properties.put("delta.logRetentionDuration", KEPT);
    properties.put("delta.deletedFileRetentionDuration", KEPT);
    properties.putAll(table.properties());
    return properties;
  }

  private static scala.collection.immutable.Map<String, String> scala(Map<String, String> map) {
    return scala.collection.immutable.Map.from(CollectionConverters.asScala(map));
  }
}
