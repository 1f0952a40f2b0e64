package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pipeline.ClassifierTraining.Trained;
import io.adapterworks.registry.AdapterDraft;
import io.adapterworks.registry.AdapterManifest;
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
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Trains the adapter of a use case on the newest curated dataset and registers it as a version,
 * unless the same settings were trained on the same dataset version before.
 */
public final class TrainStage {
  private static final String CURATED = "curated_examples";
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
    TaskTraining task = task(log);
    Optional<AdapterManifest> before =
        warehouse
            .registry()
            .trainedWith(useCase.adapterName(), identity.configHash(), datasetVersion(task));
    if (before.isPresent()) {
      return new Outcome.NothingNew(before.get());
    }
    task.requireExamples();
    try (BaseModel base = BaseModelReader.open(useCase.base().model());
        Engine engine = EngineFactory.open(useCase.engine())) {
      EngineInfo info = engine.info();
      log.accept(
          "Computing on %s, %s, %d threads"
              .formatted(info.device(), ConfigReader.spelled(info.computeType()), info.threads()));
      return train(task, base, engine, log);
    }
  }

  private TaskTraining task(Consumer<String> log) {
    return switch (useCase.task()) {
      case CLASSIFICATION ->
          new ClassificationTraining(useCase, CuratedDataset.newest(warehouse.tables()));
      case GENERATION ->
          new GenerationTraining(useCase, AnsweredDataset.newest(warehouse.tables()), log);
    };
  }

  private Outcome train(TaskTraining task, BaseModel base, Engine engine, Consumer<String> log) {
    String runKey = identity.configHash() + ":" + task.datasetVersion() + ":" + base.fingerprint();
    CheckpointFolder checkpoints =
        new CheckpointFolder(checkpointFolder(), runKey, CHECKPOINTS_KEPT);
    Optional<TrainingState> from = checkpoints.newest(log);
    TrainingMetricsTable.Recorder recorder = new TrainingMetricsTable.Recorder(identity.runId());
    Instant startedAt = warehouse.clock().instant();
    Trained trained =
        task.train(
            base,
            engine,
            new TrainingObservers(List.of(recorder, progress, saving(checkpoints))),
            from);
    recorder.write(warehouse.tables());
    TrainingRunsTable.write(warehouse.tables(), run(task, base, engine.info(), trained, startedAt));
    // Last: a run that was killed before is not taken for done, and goes on from its checkpoint.
    AdapterManifest manifest = publish(task, base, engine, trained.adapter());
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

  private static AdapterDraft.DatasetVersion datasetVersion(TaskTraining task) {
    return new AdapterDraft.DatasetVersion(CURATED, task.datasetVersion());
  }

  private AdapterManifest publish(
      TaskTraining task, BaseModel base, Engine engine, LoraAdapter adapter) {
    AdapterDraft draft =
        new AdapterDraft(
            useCase.adapterName(),
            task.task(),
            datasetVersion(task),
            new AdapterDraft.Base(base.location(), base.fingerprint()),
            new AdapterDraft.Training(
                engine.computeType().name().toLowerCase(Locale.ROOT),
                useCase.seed(),
                identity.configHash(),
                identity.codeVersion(),
                identity.runId()),
            task.metrics(base, engine, adapter));
    try (ScratchFolder prepared = ScratchFolder.make("prepared")) {
      PeftDirectory.write(prepared.path(), adapter, base, DType.FLOAT32);
      task.addFiles(prepared.path());
      return warehouse.registry().publish(draft, prepared.path()).manifest();
    }
  }

  private TrainingRun run(
      TaskTraining task, BaseModel base, EngineInfo engine, Trained trained, Instant startedAt) {
    return new TrainingRun(
        identity.runId(),
        useCase.adapterName(),
        task.datasetVersion(),
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
