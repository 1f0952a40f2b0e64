package io.adapterworks.pipeline;

import com.typesafe.config.Config;
import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.engine.Engine;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.SequenceClassifier;
import io.adapterworks.tokenize.TokenRow;
import io.adapterworks.train.TrainingConfig;
import io.adapterworks.train.TrainingData;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingResult;
import io.adapterworks.train.TrainingState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Trains a classification adapter on labelled texts, in this process or on executors. */
public final class ClassifierTraining {
  private final TrainingSite site;
  private final BaseModel base;
  private final Recipe recipe;
  private final long seed;

  /** How to train, whatever the data. */
  public record Recipe(BaseModelConfig base, LoraConfig lora, TrainingConfig training) {
    /** The sections base, lora and training of a configuration. */
    public static Recipe read(Config config) {
      return new Recipe(
          ConfigReader.read(config, "base", BaseModelConfig.class),
          ConfigReader.read(config, "lora", LoraConfig.class),
          ConfigReader.read(config, "training", TrainingConfig.class));
    }
  }

  /** The adapter, and how its training went. */
  public record Trained(LoraAdapter adapter, TrainingResult result) {}

  /** In this process, on {@code engine}. */
  public ClassifierTraining(Engine engine, BaseModel base, Recipe recipe, long seed) {
    this(new InProcessSite(engine, base, recipe, seed), base, recipe, seed);
  }

  ClassifierTraining(TrainingSite site, BaseModel base, Recipe recipe, long seed) {
    this.site = site;
    this.base = base;
    this.recipe = recipe;
    this.seed = seed;
  }

  /** The adapter before its first step: A random from the seed, B zero. */
  public LoraAdapter initial(List<String> labels) {
    return initial(base, recipe, labels, seed);
  }

  static LoraAdapter initial(BaseModel base, Recipe recipe, List<String> labels, long seed) {
    Head head = new Head(labels.size(), recipe.base().pooling());
    return LoraAdapter.initialise(base, recipe.lora(), Optional.of(head), seed);
  }

  /**
   * Trains to the end.
   *
   * @param labels in the order of the head's rows; every row's label is one of them
   * @param from a checkpoint to go on from, or empty to begin
   */
  public Trained train(
      LabelledSplits splits,
      List<String> labels,
      TrainingObserver observer,
      Optional<TrainingState> from) {
    LoraAdapter initial = initial(labels);
    TrainingData data =
        new TrainingData(rows(splits.training(), labels), rows(splits.validation(), labels));
    try (SequenceClassifier pass = site.classifier(initial)) {
      TrainingResult result =
          site.train(
              pass, data, from.orElseGet(() -> TrainingState.initial(initial.values())), observer);
      return new Trained(initial.withValues(result.parameters()), result);
    }
  }

  private List<TokenRow> rows(List<LabelledText> texts, List<String> labels) {
    List<int[]> ids = site.encode(texts.stream().map(LabelledText::text).toList());
    Map<String, Integer> index = new HashMap<>();
    labels.forEach(label -> index.put(label, index.size()));
    return IntStream.range(0, texts.size())
        .mapToObj(i -> TokenRow.classified(ids.get(i), index.get(texts.get(i).label())))
        .toList();
  }
}
