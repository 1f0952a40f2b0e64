package io.adapterworks.jobs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import io.adapterworks.pipeline.RunIdentity;
import io.adapterworks.pipeline.UseCase;
import io.adapterworks.pipeline.Warehouse;
import io.adapterworks.table.SparkSessions;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.apache.spark.sql.SparkSession;

/**
 * What a job works with: the configuration, read before Spark starts, then Spark and the warehouse.
 */
final class JobSession implements AutoCloseable {
  private static final DateTimeFormatter RUN_TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss-SSS", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final UseCase useCase;
  private final SparkSession spark;
  private final Warehouse warehouse;
  private final RunIdentity identity;

  private JobSession(Config config, Path folder, String job, Clock clock) {
    this.useCase = UseCase.read(config).withInputsIn(folder);
    this.identity =
        new RunIdentity(
            job + "-" + RUN_TIME.format(clock.instant()),
            UseCase.trainingHash(config),
            CodeVersionProvider.version());
    this.spark = SparkSessions.open(job, useCase.spark());
    this.warehouse = Warehouse.open(spark, useCase.warehouse(), clock);
  }

  /** Reads the configuration, then opens Spark; a bad configuration stops before Spark starts. */
  static JobSession open(SettingsOptions options, String job) {
    Config config = options.load();
    boolean relative = !config.getString("warehouse").matches("^(/|[a-z][a-z0-9+.-]+://).*");
    if (relative) {
      String absolute =
          Path.of(config.getString("warehouse")).toAbsolutePath().normalize().toString();
      config = config.withValue("warehouse", ConfigValueFactory.fromAnyRef(absolute));
    }
    return new JobSession(config, options.folder(), job, Clock.systemUTC());
  }

  UseCase useCase() {
    return useCase;
  }

  SparkSession spark() {
    return spark;
  }

  Warehouse warehouse() {
    return warehouse;
  }

  RunIdentity identity() {
    return identity;
  }

  @Override
  public void close() {
    spark.stop();
  }
}
