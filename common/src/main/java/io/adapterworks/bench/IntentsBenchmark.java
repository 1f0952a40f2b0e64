package io.adapterworks.bench;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.evaluate.Scores;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;
import io.adapterworks.pipeline.ClassifierTraining;
import io.adapterworks.pipeline.LabelledSplits;
import io.adapterworks.serve.AdapterClassifier;
import io.adapterworks.serve.TextEncoder;
import io.adapterworks.train.TrainingObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Accuracy and time of an intent classifier that is trained with the product's own defaults, over
 * several seeds. A seed decides which rows are trained on, the initial adapter and the order.
 */
public final class IntentsBenchmark {
  private final Data data;
  private final ClassifierTraining.Recipe recipe;
  private final EngineSettings engineSettings;

  /**
   * What to measure on.
   *
   * @param train rows to train on are taken from here
   * @param test rows to test on; where it is the same file as {@code train}, rows that are not
   *     trained on
   * @param perLabel rows of each label to train on; empty for all
   * @param heldOut test rows where train and test are one CSV and {@code perLabel} is empty
   */
  public record Data(Path train, Path test, Optional<Integer> perLabel, int heldOut) {}

  /** What one seed led to. */
  public record SeedResult(
      long seed,
      int trainRows,
      int testRows,
      double accuracy,
      double trainSeconds,
      double tokensPerSecond) {}

  /** All seeds, and the engine they ran on. */
  public record Result(EngineInfo engine, List<SeedResult> seeds) {
    public double meanAccuracy() {
      return seeds.stream().mapToDouble(SeedResult::accuracy).average().orElseThrow();
    }
  }

  public IntentsBenchmark(
      Data data, ClassifierTraining.Recipe recipe, EngineSettings engineSettings) {
    this.data = data;
    this.recipe = recipe;
    this.engineSettings = engineSettings;
  }

  /** Trains and tests once for each of the seeds 1 to {@code seeds}. */
  public Result run(int seeds, TrainingObserver observer) {
    try (BaseModel base = BaseModelReader.open(recipe.base().model())) {
      List<SeedResult> results = new ArrayList<>();
      EngineInfo info = null;
      for (long seed = 1; seed <= seeds; seed++) {
        try (Engine engine = EngineFactory.open(engineSettings)) {
          info = engine.info();
          results.add(one(engine, base, seed, observer));
        }
      }
      return new Result(info, results);
    }
  }

  private SeedResult one(Engine engine, BaseModel base, long seed, TrainingObserver observer) {
    LabelledSplits splits = split(seed);
    List<String> labels = splits.labels();
    ClassifierTraining.Trained trained =
        new ClassifierTraining(engine, base, recipe, seed)
            .train(splits, labels, observer, Optional.empty());
    try (BertPass pass =
        new BertPass(engine, base, trained.adapter(), ClassificationObjective.CROSS_ENTROPY)) {
      TextEncoder encoder = new TextEncoder(base.tokenizer(), recipe.base().maxTokens());
      Outcomes outcomes = Outcomes.of(new AdapterClassifier(pass, encoder, labels), splits.test());
      return new SeedResult(
          seed,
          splits.training().size(),
          splits.test().size(),
          Scores.of(outcomes).accuracy().value(),
          trained.result().elapsed().toNanos() * 1e-9,
          trained.result().tokensPerSecond());
    }
  }

  private LabelledSplits split(long seed) {
    List<LabelledText> rows = LabelledFiles.read(data.train(), LabelledFiles.Part.TRAIN);
    boolean separate =
        !data.train().equals(data.test()) || data.train().toString().endsWith(".json");
    Set<Integer> chosen = chosen(rows, seed, separate);
    List<LabelledText> training = part(rows, chosen::contains);
    List<LabelledText> test =
        separate
            ? LabelledFiles.read(data.test(), LabelledFiles.Part.TEST)
            : part(rows, place -> !chosen.contains(place));
    return new LabelledSplits(training, List.of(), test);
  }

  private static List<LabelledText> part(
      List<LabelledText> rows, java.util.function.IntPredicate wanted) {
    return IntStream.range(0, rows.size()).filter(wanted).mapToObj(rows::get).toList();
  }

  private Set<Integer> chosen(List<LabelledText> rows, long seed, boolean separate) {
    List<Integer> order = shuffled(rows.size(), seed);
    if (data.perLabel().isEmpty()) {
      return new HashSet<>(order.subList(separate ? 0 : data.heldOut(), order.size()));
    }
    Map<String, List<Integer>> byLabel =
        order.stream()
            .collect(
                Collectors.groupingBy(
                    place -> rows.get(place).label(), TreeMap::new, Collectors.toList()));
    return byLabel.values().stream()
        .flatMap(places -> places.stream().limit(data.perLabel().get()))
        .collect(Collectors.toSet());
  }

  private static List<Integer> shuffled(int size, long seed) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, size).boxed().toList());
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = size - 1; i > 0; i--) {
      Collections.swap(order, i, random.nextInt(i + 1));
    }
    return order;
  }
}
