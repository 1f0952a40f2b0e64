package io.adapterworks.pipeline;

import io.adapterworks.registry.AdapterRegistry;
import io.adapterworks.registry.AdapterStore;
import io.adapterworks.table.DeltaStore;
import java.time.Clock;
import org.apache.spark.sql.SparkSession;

/**
 * Everything a use case's stages share: tables and adapters of one directory.
 *
 * @param directory as configured
 * @param tables the Delta tables
 * @param registry the adapters
 * @param clock what the time is
 */
public record Warehouse(
    String directory, DeltaStore tables, AdapterRegistry registry, Clock clock) {
  /** Opens the warehouse in {@code directory}, which need not exist yet. */
  public static Warehouse open(SparkSession spark, String directory, Clock clock) {
    DeltaStore tables = new DeltaStore(spark, directory);
    AdapterStore files =
        new AdapterStore(spark.sparkContext().hadoopConfiguration(), directory, clock);
    return new Warehouse(directory, tables, new AdapterRegistry(tables, files, clock), clock);
  }
}
