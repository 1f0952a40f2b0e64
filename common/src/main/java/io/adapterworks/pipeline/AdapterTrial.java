package io.adapterworks.pipeline;

import io.adapterworks.curate.dataset.AugmentationTrial;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.train.EpochMetrics;
import io.adapterworks.train.TrainingObserver;
import java.util.List;
import java.util.Optional;

/** Trains the use case's own adapter for a few epochs, here, and looks at the last one. */
final class AdapterTrial implements AugmentationTrial {
  private final ClassifierTraining.Recipe recipe;
  private final EngineSettings settings;
  private final long seed;

  AdapterTrial(UseCase useCase) {
    this.recipe =
        new ClassifierTraining.Recipe(
            useCase.base(),
            useCase.lora(),
            useCase.training().trial(useCase.dataset().augmentation().trialEpochs()));
    this.settings = useCase.engine();
    this.seed = useCase.seed();
  }

  @Override
  public double accuracy(List<Labelled> training, List<Labelled> validation) {
    LabelledSplits splits = new LabelledSplits(texts(training), texts(validation), List.of());
    List<String> labels = splits.labels();
    Last last = new Last();
    try (BaseModel base = BaseModelReader.open(recipe.base().model());
        Engine engine = EngineFactory.open(settings)) {
      LabelledSplits known =
          new LabelledSplits(
              splits.training(),
              splits.validation().stream().filter(row -> labels.contains(row.label())).toList(),
              List.of());
      new ClassifierTraining(engine, base, recipe, seed)
          .train(known, labels, last, Optional.empty());
      // A label that is in no training row is wrong whatever is trained.
      return last.accuracy * known.validation().size() / splits.validation().size();
    }
  }

  private static List<LabelledText> texts(List<Labelled> rows) {
    return rows.stream().map(row -> new LabelledText(row.text(), row.label())).toList();
  }

  @Override
  public String description() {
    return "the adapter of the use case, "
        + recipe.training().epochs()
        + " epochs without consistency, seed "
        + seed;
  }

  private static final class Last implements TrainingObserver {
    private double accuracy;

    @Override
    public void epoch(EpochMetrics metrics) {
      accuracy = metrics.validationAccuracy();
    }
  }
}
