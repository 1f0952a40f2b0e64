package io.adapterworks.bench;

import com.sun.management.OperatingSystemMXBean;
import io.adapterworks.curate.Curation;
import io.adapterworks.curate.CurationConfig;
import io.adapterworks.curate.CurationOutcome;
import io.adapterworks.curate.Ingest;
import io.adapterworks.curate.Nightly;
import io.adapterworks.curate.NightlyConfig;
import io.adapterworks.curate.source.ColumnMapping;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.DeltaStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.apache.spark.sql.SparkSession;

/** Times whole nights on raw logs of several sizes. */
public final class CurationBenchmark {
  private final SparkSession spark;
  private final CurationConfig config;
  private final RawLog log;
  private final Path scratch;

  /**
   * @param scratch where logs and warehouses go; some 3 GB for a million rows
   */
  public CurationBenchmark(SparkSession spark, CurationConfig config, RawLog log, Path scratch) {
    this.spark = spark;
    this.config = config;
    this.log = log;
    this.scratch = scratch;
  }

  /**
   * One night.
   *
   * @param history rows that were curated before
   * @param rows new raw rows
   * @param processorSeconds time that all threads of this process spent on processors: what else
   *     ran on the machine does not count
   * @param kept of them
   * @param dropped of them, by rule
   */
  public record Night(
      long history,
      long rows,
      double ingestSeconds,
      double curateSeconds,
      double processorSeconds,
      long kept,
      Map<String, Long> dropped) {
    /** Reading and curating together. */
    public double seconds() {
      return ingestSeconds + curateSeconds;
    }
  }

  /** Writes the log's rows {@code history} to {@code to} and curates them over those before. */
  public Night night(String warehouse, long history, long to) {
    Path logs = scratch.resolve(warehouse + "-logs");
    try {
      log.write(logs, history, to);
    } catch (IOException failure) {
      throw new AdapterworksException(
          ErrorCode.STORAGE,
          "the raw log cannot be written to " + logs + ": " + failure.getMessage(),
          failure);
    }
    DeltaStore store = new DeltaStore(spark, scratch.resolve(warehouse).toString());
    InputConfig input =
        new InputConfig(
            logs.toString(),
            Optional.empty(),
            new ColumnMapping("text", Optional.of("label"), Optional.empty(), Optional.empty()));
    Duration before = processorTime();
    Nightly.Report report =
        new Nightly(
                store,
                new Ingest(store, config.maxLineBytes()),
                new Curation(store, config, List.of()),
                new NightlyConfig(Duration.ZERO, false),
                Clock.systemUTC())
            .run(List.of(input), LocalDate.EPOCH.plusDays(history), line -> {});
    if (!(report.curation() instanceof CurationOutcome.Curated curated)) {
      throw new IllegalStateException("a night of new rows curated nothing: " + report);
    }
    return new Night(
        history,
        to - history,
        seconds(report.ingestTime()),
        seconds(report.curationTime()),
        seconds(processorTime().minus(before)),
        curated.kept(),
        curated.dropped());
  }

  /**
   * The exponent e of time ~ rows^e: the slope of the least-squares line through the logarithms.
   *
   * @param time which time of a night, in seconds
   */
  public static double exponent(List<Night> nights, ToDoubleFunction<Night> time) {
    double n = nights.size();
    double meanX = nights.stream().mapToDouble(night -> Math.log((double) night.rows())).sum() / n;
    double meanY =
        nights.stream().mapToDouble(night -> Math.log(time.applyAsDouble(night))).sum() / n;
    double covariance = 0;
    double variance = 0;
    for (Night night : nights) {
      double x = Math.log((double) night.rows()) - meanX;
      covariance += x * (Math.log(time.applyAsDouble(night)) - meanY);
      variance += x * x;
    }
    return covariance / variance;
  }

  private static Duration processorTime() {
    return Duration.ofNanos(
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime());
  }

  private static double seconds(Duration time) {
    return time.toMillis() / 1000.0;
  }
}
