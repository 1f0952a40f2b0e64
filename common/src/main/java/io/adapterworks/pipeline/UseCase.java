package io.adapterworks.pipeline;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.cluster.ClusterConfig;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.config.Settings;
import io.adapterworks.curate.CurationConfig;
import io.adapterworks.curate.NightlyConfig;
import io.adapterworks.curate.dataset.DatasetConfig;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.Metric;
import io.adapterworks.evaluate.SuccessCriteria;
import io.adapterworks.evaluate.TextMetric;
import io.adapterworks.registry.AdapterNames;
import io.adapterworks.table.SparkConfig;
import io.adapterworks.train.TrainingConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One use case: what comes in, what the adapter is to learn, when it is good enough, and how all of
 * it is done. The whole configuration; its defaults are in reference.conf.
 *
 * @param name of the adapter
 * @param purpose what the adapter is for, in a sentence
 * @param task what it learns
 * @param inputs where raw examples come from
 * @param labels rows with other labels are dropped; empty accepts any
 * @param warehouse where tables and adapters live
 * @param seed where everything random starts
 */
public record UseCase(
    Optional<String> name,
    String purpose,
    Task task,
    List<InputConfig> inputs,
    List<String> labels,
    String warehouse,
    long seed,
    CurationConfig curation,
    NightlyConfig nightly,
    MaintenanceConfig maintenance,
    DatasetConfig dataset,
    BaseModelConfig base,
    LoraConfig lora,
    TrainingConfig training,
    GenerationSettings generation,
    EngineSettings engine,
    ClusterConfig cluster,
    SuccessCriteria success,
    SparkConfig spark) {
  /** What an adapter learns. */
  public enum Task {
    /** One label for each text. */
    CLASSIFICATION,
    /** An answer to each text. */
    GENERATION
  }

  /** What decides the adapter that a dataset version leads to. */
  private static final List<String> DECISIVE =
      List.of(
          "name",
          "task",
          "labels",
          "seed",
          "base",
          "lora",
          "training",
          "generation.instruction",
          "generation.tokensPerBatch",
          "generation.memory",
          "engine.dtype",
          "cluster.mode");

  private static final Pattern ABSOLUTE = Pattern.compile("^(/|[a-z][a-z0-9+.-]+:/)");

  public UseCase {
    inputs = List.copyOf(inputs);
    labels = List.copyOf(labels);
    Check.notBlank("warehouse", warehouse);
    name.ifPresent(given -> AdapterNames.require("name", given, ErrorCode.CONFIGURATION));
    Check.that(
        labels.size() != 1,
        ErrorCode.CONFIGURATION,
        "labels=%s has one label; expected two or more, or an empty list to take those in the data",
        labels);
    success.requireMeasured(task == Task.GENERATION ? TextMetric.keys() : Metric.keys());
    for (InputConfig input : inputs) {
      Check.that(
          task != Task.CLASSIFICATION || input.columns().label().isPresent(),
          ErrorCode.CONFIGURATION,
          "inputs.path=%s: columns names no label; expected one for task = classification; for"
              + " answers to texts set task = generation",
          input.path());
    }
  }

  public static UseCase read(Config config) {
    return ConfigReader.read(config, UseCase.class);
  }

  /**
   * The same with the paths of inputs and base model taken from {@code folder}, unless they are
   * absolute.
   */
  public UseCase withPathsIn(Path folder) {
    List<InputConfig> placed =
        inputs.stream()
            .map(i -> new InputConfig(placed(folder, i.path()), i.format(), i.columns()))
            .toList();
    BaseModelConfig model =
        base.model().startsWith("builtin:") ? base : base.withModel(placed(folder, base.model()));
    return new UseCase(
        name,
        purpose,
        task,
        placed,
        labels,
        warehouse,
        seed,
        curation,
        nightly,
        maintenance,
        dataset,
        model,
        lora,
        training,
        generation,
        engine,
        cluster,
        success,
        spark);
  }

  private static String placed(Path folder, String path) {
    return ABSOLUTE.matcher(path).find() ? path : folder.toAbsolutePath() + "/" + path;
  }

  /** The adapter's name, which every job on a use case needs. */
  public String adapterName() {
    return name.orElseThrow(
        () ->
            Check.failure(
                ErrorCode.CONFIGURATION,
                "name is missing; name a use case with --use-case FILE, for example"
                    + " conf/usecases/fernway/usecase.conf"));
  }

  /** SHA-256 of the settings that decide which adapter a dataset version leads to. */
  public static String trainingHash(Config config) {
    Config decisive = ConfigFactory.empty();
    for (String path : DECISIVE) {
      if (config.hasPath(path)) {
        decisive = decisive.withValue(path, config.getValue(path));
      }
    }
    return Settings.hash(decisive);
  }

  /** How to train, apart from the data. */
  public ClassifierTraining.Recipe recipe() {
    return new ClassifierTraining.Recipe(base, lora, training);
  }
}
