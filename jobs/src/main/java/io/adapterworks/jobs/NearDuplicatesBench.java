package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import io.adapterworks.bench.Corpus;
import io.adapterworks.bench.NearDuplicateBenchmark;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.curate.CurationConfig;
import io.adapterworks.table.SparkConfig;
import io.adapterworks.table.SparkSessions;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench near-duplicates}: recall of near-duplicate search on edits of known similarity. */
@Command(
    name = "near-duplicates",
    description =
        "Edits real texts by known amounts and searches the near duplicates: recall at or above"
            + " the threshold, and links below it.",
    mixinStandardHelpOptions = true)
final class NearDuplicatesBench implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      arity = "1..*",
      description = "Texts: CSV, JSON or JSON lines; default: the sets in ../shared/data.")
  private List<Path> data = List.of();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Another seed makes other edits; default: ${DEFAULT-VALUE}.")
  private long seed;

  @Override
  public Integer call() {
    Config config = settings.load();
    CurationConfig curation = ConfigReader.read(config, "curation", CurationConfig.class);
    List<Corpus.Example> corpus = Corpus.read(BenchData.files(data));
    SparkSession spark =
        SparkSessions.open(
            "bench near-duplicates", ConfigReader.read(config, "spark", SparkConfig.class));
    try {
      NearDuplicateBenchmark.Result result =
          new NearDuplicateBenchmark(spark, curation.nearDuplicates()).run(corpus, seed);
      result
          .byJaccard()
          .forEach(
              (jaccard, bucket) ->
                  System.out.printf(
                      Locale.ROOT,
                      "Jaccard %s..: %6d pairs, %6d in one cluster (%.2f %%)%n",
                      jaccard,
                      bucket.pairs(),
                      bucket.together(),
                      100.0 * bucket.together() / bucket.pairs()));
      ObjectNode line = new ObjectMapper().createObjectNode().put("benchmark", "near-duplicates");
      line.put("seed", seed).put("threshold", curation.nearDuplicates().threshold());
      line.put("texts", result.texts()).put("pairs", result.pairs());
      line.put("recall", result.recall()).put("links", result.links());
      line.put("linksBelowThreshold", result.falseLinks()).put("seconds", result.seconds());
      System.out.println(line);
    } finally {
      spark.stop();
    }
    return 0;
  }
}
