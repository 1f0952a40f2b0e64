package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.Evaluation;
import io.adapterworks.evaluate.Metric;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;
import io.adapterworks.pipeline.ClassifierTraining.Trained;
import io.adapterworks.registry.AdapterDraft;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.serve.AdapterClassifier;
import io.adapterworks.serve.TextEncoder;
import io.adapterworks.tensor.DType;
import io.adapterworks.train.CheckpointFolder;
import io.adapterworks.train.TrainingMetricsTable;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingObservers;
import io.adapterworks.train.TrainingRun;
import io.adapterworks.train.TrainingRunsTable;
import io.adapterworks.train.TrainingState;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Trains the adapter of a use case on the newest curated dataset and registers it as a version,
 * unless the same settings were trained on the same dataset version before.
 */
public final class TrainStage {
  private static final int CHECKPOINTS_KEPT = 3;

  private final Warehouse warehouse;
  private final UseCase useCase;
  private final RunIdentity identity;
  private final TrainingObserver progress;

  /** What training did. */
  public sealed interface Outcome {
    AdapterManifest manifest();

    /** A new version was registered. */
    record Registered(AdapterManifest manifest, TrainingMetricsTable.Recorder metrics)
        implements Outcome {}

    /** The same settings were trained on the same dataset version before. */
    record NothingNew(AdapterManifest manifest) implements Outcome {}
  }

  public TrainStage(
      Warehouse warehouse, UseCase useCase, RunIdentity identity, TrainingObserver progress) {
    this.warehouse = warehouse;
    this.useCase = useCase;
    this.identity = identity;
    this.progress = progress;
  }

  /**
   * Trains and registers, or finds that there is nothing new.
   *
   * @param log is told what people should know, a line at a time
   */
  public Outcome run(Consumer<String> log) {
    CuratedDataset dataset = CuratedDataset.newest(warehouse.tables());
    Optional<AdapterManifest> before =
        warehouse
            .registry()
            .trainedWith(useCase.adapterName(), identity.configHash(), datasetVersion(dataset));
    if (before.isPresent()) {
      return new Outcome.NothingNew(before.get());
    }
    requireExamples(dataset);
    try (BaseModel base = BaseModelReader.open(useCase.base().model());
        Engine engine = EngineFactory.open(useCase.engine())) {
      EngineInfo info = engine.info();
      log.accept(
          "Computing on %s, %s, %d threads"
              .formatted(info.device(), ConfigReader.spelled(info.computeType()), info.threads()));
      return train(dataset, base, engine, log);
    }
  }

  private static void requireExamples(CuratedDataset dataset) {
    List<String> labels = dataset.splits().labels();
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

  private Outcome train(
      CuratedDataset dataset, BaseModel base, Engine engine, Consumer<String> log) {
    List<String> labels = dataset.splits().labels();
    String runKey = identity.configHash() + ":" + dataset.version() + ":" + base.fingerprint();
    CheckpointFolder checkpoints =
        new CheckpointFolder(checkpointFolder(), runKey, CHECKPOINTS_KEPT);
    Optional<TrainingState> from = checkpoints.newest(log);
    TrainingMetricsTable.Recorder recorder = new TrainingMetricsTable.Recorder(identity.runId());
    Instant startedAt = warehouse.clock().instant();
    Trained trained =
        new ClassifierTraining(engine, base, useCase.recipe(), useCase.seed())
            .train(
                dataset.splits(),
                labels,
                new TrainingObservers(List.of(recorder, progress, saving(checkpoints))),
                from);
    recorder.write(warehouse.tables());
    TrainingRunsTable.write(
        warehouse.tables(), run(dataset, base, engine.info(), trained, startedAt));
    // Last: a run that was killed before is not taken for done, and goes on from its checkpoint.
    AdapterManifest manifest = publish(dataset, base, engine, trained.adapter());
    checkpoints.clear();
    return new Outcome.Registered(manifest, recorder);
  }

  private static TrainingObserver saving(CheckpointFolder checkpoints) {
    return new TrainingObserver() {
      @Override
      public void checkpoint(TrainingState state) {
        checkpoints.write(state);
      }
    };
  }

  /**
   * Checkpoints are this machine's: they lie beside a local warehouse, else in a temporary place.
   */
  private Path checkpointFolder() {
    boolean local = !warehouse.directory().matches("^[a-z][a-z0-9+.-]+://.*");
    Path root =
        local ? Path.of(warehouse.directory()) : Path.of(System.getProperty("java.io.tmpdir"));
    return root.resolve(Path.of("adapters", useCase.adapterName(), "checkpoints"));
  }

  private static AdapterDraft.DatasetVersion datasetVersion(CuratedDataset dataset) {
    return new AdapterDraft.DatasetVersion(dataset.table(), dataset.version());
  }

  private AdapterManifest publish(
      CuratedDataset dataset, BaseModel base, Engine engine, LoraAdapter adapter) {
    AdapterDraft draft =
        new AdapterDraft(
            useCase.adapterName(),
            new AdapterDraft.Task(
                ConfigReader.spelled(useCase.task()),
                dataset.splits().labels(),
                ConfigReader.spelled(useCase.base().pooling()),
                useCase.base().maxTokens()),
            datasetVersion(dataset),
            new AdapterDraft.Base(base.location(), base.fingerprint()),
            new AdapterDraft.Training(
                engine.computeType().name().toLowerCase(Locale.ROOT),
                useCase.seed(),
                identity.configHash(),
                identity.codeVersion(),
                identity.runId()),
            metrics(dataset, base, engine, adapter));
    try (ScratchFolder prepared = ScratchFolder.make("prepared")) {
      PeftDirectory.write(prepared.path(), adapter, base, DType.FLOAT32);
      return warehouse.registry().publish(draft, prepared.path()).manifest();
    }
  }

  /** The test split's metrics, which need no other model. */
  private Map<String, Double> metrics(
      CuratedDataset dataset, BaseModel base, Engine engine, LoraAdapter adapter) {
    Map<String, Double> metrics = new TreeMap<>();
    if (dataset.splits().test().isEmpty()) {
      return metrics;
    }
    try (BertPass pass =
        new BertPass(engine, base, adapter, ClassificationObjective.CROSS_ENTROPY)) {
      TextEncoder encoder = new TextEncoder(base.tokenizer(), useCase.base().maxTokens());
      Evaluation evaluation =
          Evaluation.of(
              Outcomes.of(
                  new AdapterClassifier(pass, encoder, dataset.splits().labels()),
                  dataset.splits().test()));
      for (String key : Metric.keys()) {
        Metric.ofKey(key).orElseThrow().of(evaluation).ifPresent(v -> metrics.put(key, v));
      }
      return metrics;
    }
  }

  private TrainingRun run(
      CuratedDataset dataset,
      BaseModel base,
      EngineInfo engine,
      Trained trained,
      Instant startedAt) {
    return new TrainingRun(
        identity.runId(),
        useCase.adapterName(),
        dataset.version(),
        base.location(),
        base.fingerprint(),
        identity.configHash(),
        useCase.seed(),
        engine,
        identity.codeVersion(),
        startedAt,
        trained.result());
  }
}
