package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.adapterworks.bench.SelectionBenchmark;
import io.adapterworks.bench.SelectionDraw;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.curate.dataset.DatasetConfig;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.pipeline.BaseEmbedder;
import io.adapterworks.pipeline.ClassifierTraining;
import io.adapterworks.table.SparkConfig;
import io.adapterworks.table.SparkSessions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench selection}: adapters trained on selected rows beside as many random ones. */
@Command(
    name = "selection",
    description = {
      "Trains adapters on rows that selection picks from a labelled file and on as many random",
      "ones, on a clean and a polluted pool; accuracy on rows taken out before. Give fewer epochs",
      "with --set training.epochs=6 --set training.consistency=0 where time is short; or --write the",
      "rows and train elsewhere, with intents --train FILE --test FILE."
    },
    mixinStandardHelpOptions = true)
final class SelectionBench implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "CSV with text,category or text,label; or clinc150's JSON.")
  private Path data;

  @Option(
      names = "--size",
      paramLabel = "N",
      defaultValue = "2310",
      description = "Rows to pick; default: ${DEFAULT-VALUE}.")
  private int size;

  @Option(
      names = "--held-out",
      paramLabel = "N",
      defaultValue = "2000",
      description = "Rows to test on; default: ${DEFAULT-VALUE}.")
  private int heldOut;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "3",
      description = "How often, each time with another seed; default: ${DEFAULT-VALUE}.")
  private int seeds;

  @Option(
      names = "--write",
      paramLabel = "FOLDER",
      description = {
        "Train nothing: write POOL-SEED-selected.json and POOL-SEED-random.json there, rows to train",
        "and to test on."
      })
  private Path folder;

  @Override
  public Integer call() {
    Config config =
        ConfigFactory.parseString("dataset.target.size = " + size).withFallback(settings.load());
    ClassifierTraining.Recipe recipe = ClassifierTraining.Recipe.read(config);
    EngineSettings engine = ConfigReader.read(config, "engine", EngineSettings.class);
    DatasetConfig dataset = ConfigReader.read(config, "dataset", DatasetConfig.class);
    SparkSession spark =
        SparkSessions.open(
            "bench-selection", ConfigReader.read(config, "spark", SparkConfig.class));
    try (BaseEmbedder embedder = new BaseEmbedder(recipe, engine)) {
      SelectionDraw draw =
          new SelectionDraw(spark, embedder, dataset, new SelectionDraw.Data(data, heldOut));
      if (folder != null) {
        write(draw);
        return 0;
      }
      SelectionBenchmark benchmark =
          new SelectionBenchmark(
              draw,
              dataset.labelReview().classifier(),
              new SelectionBenchmark.Training(recipe, engine));
      List<SelectionBenchmark.Result> results = new ArrayList<>();
      eachDraw(
          draw,
          drawn -> {
            SelectionBenchmark.Result result = benchmark.run(drawn);
            System.err.println(result);
            results.add(result);
          });
      System.out.println(json(results, recipe));
      return 0;
    } finally {
      spark.stop();
    }
  }

  private void eachDraw(SelectionDraw draw, Consumer<SelectionDraw.Drawn> consumer) {
    for (long seed = 1; seed <= seeds; seed++) {
      for (SelectionDraw.Pool pool : SelectionDraw.Pool.values()) {
        consumer.accept(draw.draw(pool, seed));
      }
    }
  }

  private void write(SelectionDraw draw) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode line = mapper.createObjectNode().put("benchmark", "selection");
    line.put("folder", folder.toString());
    ArrayNode draws = line.putArray("draws");
    eachDraw(
        draw,
        drawn -> {
          drawn.write(folder);
          ObjectNode one = draws.addObject();
          one.put("pool", drawn.pool().name()).put("seed", drawn.seed());
          one.put("poolRows", drawn.poolRows()).put("rows", drawn.selected().size());
          one.put("wrongSelected", drawn.wrongSelected()).put("wrongRandom", drawn.wrongRandom());
          one.set("leftOut", mapper.valueToTree(drawn.leftOut()));
        });
    System.out.println(line);
  }

  private static String json(
      List<SelectionBenchmark.Result> results, ClassifierTraining.Recipe recipe) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode line = mapper.createObjectNode().put("benchmark", "selection");
    line.put("epochs", recipe.training().epochs());
    line.put("consistency", recipe.training().consistency());
    for (SelectionDraw.Pool pool : SelectionDraw.Pool.values()) {
      line.put(
          "gain" + pool,
          results.stream()
              .filter(result -> result.pool() == pool)
              .mapToDouble(result -> result.selected() - result.random())
              .average()
              .orElse(0));
    }
    ArrayNode runs = line.putArray("runs");
    results.forEach(result -> runs.add(mapper.<ObjectNode>valueToTree(result)));
    return line.toString();
  }
}
