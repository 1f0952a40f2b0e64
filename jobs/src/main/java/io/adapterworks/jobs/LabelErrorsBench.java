package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import io.adapterworks.bench.LabelErrorsBenchmark;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.curate.review.LabelReviewConfig;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.pipeline.BaseEmbedder;
import io.adapterworks.pipeline.ClassifierTraining;
import io.adapterworks.table.SparkConfig;
import io.adapterworks.table.SparkSessions;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench label-errors}: how well label review finds labels that were flipped on purpose. */
@Command(
    name = "label-errors",
    description = {
      "Flips labels of a labelled file and looks for them as curation does.",
      "Prints the average precision of the ranking, and the accuracy of logistic regression on the",
      "base model's embeddings before and after every suggestion is accepted, on rows left out."
    },
    mixinStandardHelpOptions = true)
final class LabelErrorsBench implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "CSV with text,category or text,label; or clinc150's JSON.")
  private Path data;

  @Option(
      names = "--flip",
      paramLabel = "SHARE",
      defaultValue = "0.1",
      description = "Share of the rows that get a wrong label; default: ${DEFAULT-VALUE}.")
  private double flip;

  @Option(
      names = "--per-label",
      paramLabel = "N",
      defaultValue = "30",
      description = "Rows of each label, at most 80 %% of those it has; default: ${DEFAULT-VALUE}.")
  private int perLabel;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Decides rows and flips; default: ${DEFAULT-VALUE}.")
  private long seed;

  @Override
  public Integer call() {
    Config config = settings.load();
    LabelReviewConfig review =
        ConfigReader.read(config, "dataset.labelReview", LabelReviewConfig.class);
    SparkSession spark =
        SparkSessions.open(
            "bench-label-errors", ConfigReader.read(config, "spark", SparkConfig.class));
    try (BaseEmbedder embedder =
        new BaseEmbedder(
            ClassifierTraining.Recipe.read(config),
            ConfigReader.read(config, "engine", EngineSettings.class))) {
      LabelErrorsBenchmark.Result result =
          new LabelErrorsBenchmark(spark, embedder, review)
              .run(new LabelErrorsBenchmark.Data(data, perLabel, flip, seed));
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode line = mapper.createObjectNode().put("benchmark", "label-errors");
      line.setAll(mapper.<ObjectNode>valueToTree(result));
      System.out.println(line);
      return 0;
    } finally {
      spark.stop();
    }
  }
}
