package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import io.adapterworks.bench.Corpus;
import io.adapterworks.bench.CurationBenchmark;
import io.adapterworks.bench.CurationBenchmark.Night;
import io.adapterworks.bench.RawLog;
import io.adapterworks.bench.StepProfile;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.curate.CurationConfig;
import io.adapterworks.pipeline.ScratchFolder;
import io.adapterworks.table.SparkConfig;
import io.adapterworks.table.SparkSessions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench curate}: how curation's time grows with the rows. */
@Command(
    name = "curate",
    description =
        "Curates raw logs of several sizes made of real texts, then a night over the largest:"
            + " seconds, and the exponent of their growth.",
    mixinStandardHelpOptions = true)
final class CurateBench implements Callable<Integer> {
  private static final int PROFILED_ROWS = 20_000;
  private static final int WARM_UP_ROWS = 20_000;

  @Mixin private SettingsOptions settings;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      arity = "1..*",
      description = "Texts: CSV, JSON or JSON lines; default: the sets in ../shared/data.")
  private List<Path> data = List.of();

  @Option(
      names = "--rows",
      paramLabel = "N",
      split = ",",
      defaultValue = "100000,300000,1000000",
      description = "Sizes of the logs; default: ${DEFAULT-VALUE}.")
  private List<Long> rows;

  @Option(
      names = "--night",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Rows of the night over the largest log; default: ${DEFAULT-VALUE}.")
  private long night;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Another seed makes another log; default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(names = "--steps", description = "Only what each row step costs, on 20,000 rows.")
  private boolean stepsOnly;

  @Override
  public Integer call() throws IOException {
    Config config = settings.load();
    CurationConfig curation = ConfigReader.read(config, "curation", CurationConfig.class);
    RawLog log = new RawLog(Corpus.read(BenchData.files(data)), seed);
    ObjectNode line = new ObjectMapper().createObjectNode().put("benchmark", "curate");
    line.put("seed", seed).put("processors", Runtime.getRuntime().availableProcessors());
    line.put("heapMegabytes", Runtime.getRuntime().maxMemory() >> 20);
    if (stepsOnly) {
      List<String> lines = LongStream.range(0, PROFILED_ROWS).mapToObj(log::line).toList();
      ObjectNode steps = line.putObject("microsecondsPerRow");
      new StepProfile(curation).run(lines).forEach(steps::put);
    } else {
      SparkSession spark =
          SparkSessions.open("bench curate", ConfigReader.read(config, "spark", SparkConfig.class));
      try (ScratchFolder scratch = ScratchFolder.make("bench-curate")) {
        measure(new CurationBenchmark(spark, curation, log, scratch.path()), line);
      } finally {
        spark.stop();
      }
    }
    System.out.println(line);
    return 0;
  }

  private void measure(CurationBenchmark benchmark, ObjectNode line) {
    // A cold JVM would make the smallest log look slow, and the growth small.
    benchmark.night("warm-up", 0, WARM_UP_ROWS);
    List<Night> nights = new ArrayList<>();
    ArrayNode array = line.putArray("sizes");
    for (long size : rows) {
      Night measured = benchmark.night("rows-" + size, 0, size);
      nights.add(measured);
      print(measured, array.addObject());
    }
    if (nights.size() > 1) {
      line.put("exponent", CurationBenchmark.exponent(nights, Night::seconds));
      line.put("processorExponent", CurationBenchmark.exponent(nights, Night::processorSeconds));
    }
    long largest = rows.get(rows.size() - 1);
    print(benchmark.night("rows-" + largest, largest, largest + night), line.putObject("night"));
  }

  private static void print(Night night, ObjectNode node) {
    System.out.printf(
        Locale.ROOT,
        "%,d rows over %,d: ingest %.1f s, curate %.1f s, on processors %.1f s; kept %,d, dropped %s%n",
        night.rows(),
        night.history(),
        night.ingestSeconds(),
        night.curateSeconds(),
        night.processorSeconds(),
        night.kept(),
        night.dropped());
    node.put("rows", night.rows()).put("history", night.history());
    node.put("ingestSeconds", night.ingestSeconds()).put("curateSeconds", night.curateSeconds());
    node.put("seconds", night.seconds()).put("processorSeconds", night.processorSeconds());
    node.put("kept", night.kept());
  }
}
