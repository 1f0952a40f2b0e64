package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import io.adapterworks.bench.IntentsBenchmark;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.pipeline.ClassifierTraining;
import io.adapterworks.train.TrainingProgress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench intents}: accuracy of intent classifiers on labelled files, with the defaults. */
@Command(
    name = "intents",
    description =
        "Trains on a labelled file with the defaults, over several seeds; accuracy and time.",
    mixinStandardHelpOptions = true)
final class IntentsBench implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--train",
      required = true,
      paramLabel = "FILE",
      description = "CSV with text,category, or clinc150's JSON.")
  private Path train;

  @Option(
      names = "--test",
      required = true,
      paramLabel = "FILE",
      description = "Likewise; the same CSV again means: the rows that are not trained on.")
  private Path test;

  @Option(
      names = "--per-label",
      paramLabel = "N",
      description = "Train on N rows of each label; default: all.")
  private Integer perLabel;

  @Option(
      names = "--held-out",
      paramLabel = "N",
      defaultValue = "1500",
      description = "Test rows where one CSV is both; default: ${DEFAULT-VALUE}.")
  private int heldOut;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "1",
      description = "How often, each time with another seed; default: ${DEFAULT-VALUE}.")
  private int seeds;

  @Override
  public Integer call() {
    Config config = settings.load();
    ClassifierTraining.Recipe recipe = ClassifierTraining.Recipe.read(config);
    IntentsBenchmark.Data data =
        new IntentsBenchmark.Data(train, test, Optional.ofNullable(perLabel), heldOut);
    EngineSettings engine = ConfigReader.read(config, "engine", EngineSettings.class);
    IntentsBenchmark.Result result =
        new IntentsBenchmark(data, recipe, engine)
            .run(seeds, new TrainingProgress(System.err, Terminal.display()));
    System.out.println(json(result));
    return 0;
  }

  private static String json(IntentsBenchmark.Result result) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode line = mapper.createObjectNode();
    line.put("benchmark", "intents");
    line.put("device", result.engine().device());
    line.put("dtype", result.engine().computeType().name());
    line.put("threads", result.engine().threads());
    line.put("meanAccuracy", result.meanAccuracy());
    line.set("seeds", mapper.valueToTree(result.seeds()));
    return line.toString();
  }
}
