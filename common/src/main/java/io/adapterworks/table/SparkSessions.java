package io.adapterworks.table;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.internal.SQLConf;
import scala.Option;

/** Opens Spark with Delta for a job. Closing the session is the caller's. */
public final class SparkSessions {
  private SparkSessions() {}

  /**
   * The session named {@code job}, or the one that already runs in this process with those settings
   * that can change while it runs; fails with DEVICE where Spark cannot start.
   */
  public static SparkSession open(String job, SparkConfig config) {
    Option<SparkSession> running = SparkSession.getDefaultSession();
    if (running.isDefined()) {
      config.settings().keySet().stream()
          .filter(key -> key.startsWith("spark.sql.") && !SQLConf.isStaticConfigKey(key))
          .forEach(key -> running.get().conf().set(key, config.settings().get(key)));
      return running.get();
    }
    SparkSession.Builder builder =
        SparkSession.builder()
            .appName("adapterworks " + job)
            .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
            .config(
                "spark.sql.catalog.spark_catalog",
                "org.apache.spark.sql.delta.catalog.DeltaCatalog")
            // Only the catalog of one process lives here; the default would litter the working
            // folder.
            .config(
                "spark.sql.warehouse.dir",
                Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "adapterworks-catalog-" + System.getProperty("user.name"))
                    .toString())
            // Else Spark warns of every wide plan that it shortens in its own log.
            .config("spark.sql.debug.maxToStringFields", 1000)
            .config("spark.sql.shuffle.partitions", config.shufflePartitions())
            // Tasks that list files, also in Delta's vacuum: 10,000, the default, keep two cores
            // busy for minutes over an empty table.
            .config(
                "spark.sql.sources.parallelPartitionDiscovery.parallelism",
                config.shufflePartitions())
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.databricks.delta.snapshotPartitions", "2")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false");
    if (System.getProperty("spark.master") == null) {
      builder.master(config.master());
    }
    String master = System.getProperty("spark.master", config.master());
    if (master.startsWith("local")) {
      InProcessLocalFileSystem.SETTINGS.forEach(
          (key, value) -> builder.config("spark.hadoop." + key, value));
      builder.config("spark.driver.host", "localhost");
      builder.config("spark.driver.bindAddress", "127.0.0.1");
    } else if (master.startsWith("spark://127.")) {
      // Workers on loopback cannot reach this machine by its own name.
      builder.config("spark.driver.host", "127.0.0.1");
      builder.config("spark.driver.bindAddress", "127.0.0.1");
    }
    config.settings().forEach(builder::config);
    try {
      SparkSession session = builder.getOrCreate();
      session.sparkContext().setLogLevel("WARN");
      return session;
    } catch (RuntimeException failure) {
      var explained =
          Check.failure(
              ErrorCode.DEVICE,
              "Spark did not start on master %s: %s; check spark.master and spark.settings",
              config.master(),
              failure.getMessage());
      explained.initCause(failure);
      throw explained;
    }
  }
}
