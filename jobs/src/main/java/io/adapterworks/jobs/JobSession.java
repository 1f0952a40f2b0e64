package io.adapterworks.jobs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import io.adapterworks.cluster.DevicePlugin;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.pipeline.RunIdentity;
import io.adapterworks.pipeline.UseCase;
import io.adapterworks.pipeline.Warehouse;
import io.adapterworks.table.SparkConfig;
import io.adapterworks.table.SparkSessions;
import io.adapterworks.table.WarehouseLock;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/**
 * What a job works with: the configuration, read before Spark starts, then Spark and the warehouse.
 */
final class JobSession implements AutoCloseable {
  private static final DateTimeFormatter RUN_TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss-SSS", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final UseCase useCase;
  private final SparkSession spark;
  private final boolean ownsSpark;
  private final Warehouse warehouse;
  private final RunIdentity identity;

  private JobSession(UseCase useCase, RunIdentity identity, Clock clock) {
    this.useCase = useCase;
    this.identity = identity;
    // Spark that ran before the job, in a notebook or a test, is not the job's to stop.
    this.ownsSpark = SparkSession.getDefaultSession().isEmpty();
    this.spark = SparkSessions.open(identity.runId(), spark(useCase));
    this.warehouse = Warehouse.open(spark, useCase.warehouse(), clock);
  }

  private static SparkConfig spark(UseCase useCase) {
    SparkConfig spark = useCase.spark();
    return spark.isEmbedded() ? spark : spark.over(DevicePlugin.settings());
  }

  /** Opens a job that needs nothing but the warehouse. */
  static JobSession open(SettingsOptions options, String job) {
    return open(options, job, useCase -> {});
  }

  /**
   * Reads the configuration and looks at what it names, then opens Spark: what is bad in either
   * stops the job before Spark starts.
   *
   * @param preflight fails where the job would
   */
  static JobSession open(SettingsOptions options, String job, Consumer<UseCase> preflight) {
    Config config = options.load();
    String warehouse = ConfigReader.text(config, "warehouse");
    if (!warehouse.matches("^(/|[a-z][a-z0-9+.-]+:/).*")) {
      String absolute = Path.of(warehouse).toAbsolutePath().normalize().toString();
      config = config.withValue("warehouse", ConfigValueFactory.fromAnyRef(absolute));
    }
    UseCase useCase = UseCase.read(config).withPathsIn(options.folder());
    preflight.accept(useCase);
    Clock clock = Clock.systemUTC();
    RunIdentity identity =
        new RunIdentity(
            job + "-" + RUN_TIME.format(clock.instant()),
            UseCase.trainingHash(config),
            CodeVersionProvider.version());
    return new JobSession(useCase, identity, clock);
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

  /**
   * Does work that writes bronze_examples and what follows from it while no other job does; fails
   * with REFUSED where another one is at it.
   */
  <T> T exclusively(String job, Supplier<T> work) {
    try (WarehouseLock lock =
        WarehouseLock.acquire(
            spark.sparkContext().hadoopConfiguration(), warehouse.directory(), job)) {
      lock.predecessor()
          .ifPresent(
              dead ->
                  System.err.println(
                      "Took over the lock of " + dead.describe() + ", which ended without it"));
      return work.get();
    }
  }

  RunIdentity identity() {
    return identity;
  }

  @Override
  public void close() {
    if (ownsSpark) {
      spark.stop();
    }
  }
}
