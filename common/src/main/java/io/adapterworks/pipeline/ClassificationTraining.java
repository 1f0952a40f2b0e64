package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.Evaluation;
import io.adapterworks.evaluate.Metric;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.SequenceClassifier;
import io.adapterworks.pipeline.ClassifierTraining.Trained;
import io.adapterworks.registry.AdapterDraft;
import io.adapterworks.serve.AdapterClassifier;
import io.adapterworks.serve.TextEncoder;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingState;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Trains an adapter of an encoder to give the dataset's labels. */
final class ClassificationTraining implements TaskTraining {
  private final UseCase useCase;
  private final CuratedDataset dataset;
  private final List<String> labels;
  private final Consumer<String> log;

  ClassificationTraining(UseCase useCase, CuratedDataset dataset, Consumer<String> log) {
    this.useCase = useCase;
    this.dataset = dataset;
    this.log = log;
    this.labels = dataset.splits().labels();
  }

  @Override
  public String datasetTable() {
    return dataset.table();
  }

  @Override
  public long datasetVersion() {
    return dataset.version();
  }

  @Override
  public void requireExamples() {
    Check.that(
        labels.size() >= 2,
        ErrorCode.INPUT,
        "dataset version %d has %d training rows with %d labels %s; a classifier needs two labels"
            + " or more; look at the rejected rows: scripts/adapterworks query \"SELECT rule,"
            + " reason, count(*) FROM curated_rejects GROUP BY rule, reason\"",
        dataset.version(),
        dataset.splits().training().size(),
        labels.size(),
        labels);
  }

  @Override
  public void requireTest() {
    dataset.requireTest();
  }

  @Override
  public AdapterDraft.Task task() {
    return new AdapterDraft.Task(
        ConfigReader.spelled(useCase.task()),
        labels,
        ConfigReader.spelled(useCase.base().pooling()),
        useCase.base().maxTokens());
  }

  @Override
  public Trained train(
      BaseModel base, TrainingSite site, TrainingObserver observer, Optional<TrainingState> from) {
    Map<String, Long> unknown = dataset.splits().unknownInValidation();
    if (!unknown.isEmpty()) {
      log.accept("Validation rows left out, since no training row has their label: " + unknown);
    }
    return new ClassifierTraining(site, base, useCase.recipe(), useCase.seed())
        .train(dataset.splits().withKnownValidation(), labels, observer, from);
  }

  @Override
  public Map<String, Double> metrics(BaseModel base, TrainingSite site, LoraAdapter adapter) {
    Map<String, Double> metrics = new TreeMap<>();
    if (dataset.splits().test().isEmpty()) {
      return metrics;
    }
    try (SequenceClassifier pass = site.classifier(adapter)) {
      TextEncoder encoder = new TextEncoder(base.tokenizer(), useCase.base().maxTokens());
      Evaluation evaluation =
          Evaluation.of(
              Outcomes.of(new AdapterClassifier(pass, encoder, labels), dataset.splits().test()));
      for (String key : Metric.keys()) {
        Metric.ofKey(key).orElseThrow().of(evaluation).ifPresent(v -> metrics.put(key, v));
      }
      return metrics;
    }
  }

  @Override
  public void addFiles(Path prepared) {
    // PEFT's files and the head are all that a classifier needs.
  }
}
