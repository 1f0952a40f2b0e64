package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pipeline.ClassifierTraining.Trained;
import io.adapterworks.registry.AdapterDraft;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.tensor.DType;
import io.adapterworks.train.CheckpointFolder;
import io.adapterworks.train.CheckpointSaver;
import io.adapterworks.train.TrainingMetricsTable;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingObservers;
import io.adapterworks.train.TrainingRun;
import io.adapterworks.train.TrainingRunsTable;
import io.adapterworks.train.TrainingState;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

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

  /** Where training begins. */
  public enum Start {
    /** At the newest checkpoint, or anew where there is none. */
    FROM_ANYWHERE,
    /** At the newest checkpoint, which must be there. */
    FROM_CHECKPOINT
  }

  public TrainStage(
      Warehouse warehouse, UseCase useCase, RunIdentity identity, TrainingObserver progress) {
    this.warehouse = warehouse;
    this.useCase = useCase;
    this.identity = identity;
    this.progress = progress;
  }

  /**
   * Begins at a checkpoint, or anew where there is none, a version that is evaluated next: so it
   * wants rows to test it on before hours are spent.
   */
  public Outcome runToBeEvaluated(Consumer<String> log) {
    return run(Start.FROM_ANYWHERE, TaskTraining::requireTest, log);
  }

  /**
   * Trains and registers, or finds that there is nothing new.
   *
   * @param start where to begin
   * @param log is told what people should know, a line at a time
   */
  public Outcome run(Start start, Consumer<String> log) {
    return run(start, task -> {}, log);
  }

  private Outcome run(Start start, Consumer<TaskTraining> requirement, Consumer<String> log) {
    TaskTraining task = task(log);
    Optional<AdapterManifest> before =
        warehouse
            .registry()
            .trainedWith(useCase.adapterName(), identity.configHash(), datasetVersion(task));
    if (before.isPresent()) {
      return new Outcome.NothingNew(before.get());
    }
    task.requireExamples();
    requirement.accept(task);
    return train(task, start, log);
  }

  private Outcome train(TaskTraining task, Start start, Consumer<String> log) {
    SparkSession spark = warehouse.tables().spark();
    try (BaseModel base = BaseModelReader.open(useCase.base().model())) {
      if (!spark.sparkContext().isLocal()) {
        JavaSparkContext context = new JavaSparkContext(spark.sparkContext());
        try (TrainingSite executors = new ExecutorSite(context, base, useCase, log)) {
          return train(new Work(task, base, executors, start), log);
        }
      }
      try (Engine engine = EngineFactory.open(useCase.engine());
          TrainingSite here = new InProcessSite(engine, base, useCase.recipe(), useCase.seed())) {
        EngineInfo info = engine.info();
        log.accept(
            "Computing on %s, %s, %d threads"
                .formatted(
                    info.device(), ConfigReader.spelled(info.computeType()), info.threads()));
        return train(new Work(task, base, here, start), log);
      }
    }
  }

  private TaskTraining task(Consumer<String> log) {
    return switch (useCase.task()) {
      case CLASSIFICATION ->
          new ClassificationTraining(useCase, CuratedDataset.newest(warehouse.tables()), log);
      case GENERATION ->
          new GenerationTraining(useCase, AnsweredDataset.newest(warehouse.tables()), log);
    };
  }

  private record Work(TaskTraining task, BaseModel base, TrainingSite site, Start start) {}

  private Outcome train(Work work, Consumer<String> log) {
    TaskTraining task = work.task;
    BaseModel base = work.base;
    TrainingSite site = work.site;
    String runKey =
        identity.configHash()
            + ":"
            + task.datasetVersion()
            + ":"
            + base.fingerprint()
            + site.arithmetic();
    CheckpointFolder checkpoints =
        new CheckpointFolder(checkpointFolder(), hadoop(), runKey, CHECKPOINTS_KEPT);
    Optional<TrainingState> from = checkpoints.newest(log);
    Check.that(
        from.isPresent() || work.start == Start.FROM_ANYWHERE,
        ErrorCode.INPUT,
        "there is no whole checkpoint of this configuration, dataset version and base in %s; leave"
            + " out --resume to begin anew",
        checkpointFolder());
    TrainingMetricsTable.Recorder recorder = new TrainingMetricsTable.Recorder(identity.runId());
    Instant startedAt = warehouse.clock().instant();
    Trained trained;
    try (LiveTraining live = new LiveTraining(warehouse, useCase.adapterName(), recorder, log)) {
      trained =
          task.train(
              base,
              site,
              new TrainingObservers(
                  List.of(
                      recorder,
                      live,
                      progress,
                      new CheckpointSaver(checkpoints, progress::isStopRequested, log))),
              from);
    }
    recorder.write(warehouse.tables());
    TrainingRunsTable.write(warehouse.tables(), run(task, base, site.engine(), trained, startedAt));
    // Last: a run that was killed before is not taken for done, and goes on from its checkpoint.
    AdapterManifest manifest = publish(task, base, site, trained.adapter());
    checkpoints.clear();
    return new Outcome.Registered(manifest, recorder);
  }

  private org.apache.hadoop.fs.Path checkpointFolder() {
    return new org.apache.hadoop.fs.Path(
        warehouse.directory(), "adapters/" + useCase.adapterName() + "/checkpoints");
  }

  private Configuration hadoop() {
    return warehouse.tables().spark().sparkContext().hadoopConfiguration();
  }

  private static AdapterDraft.DatasetVersion datasetVersion(TaskTraining task) {
    return new AdapterDraft.DatasetVersion(task.datasetTable(), task.datasetVersion());
  }

  private AdapterManifest publish(
      TaskTraining task, BaseModel base, TrainingSite site, LoraAdapter adapter) {
    AdapterDraft draft =
        new AdapterDraft(
            useCase.adapterName(),
            task.task(),
            datasetVersion(task),
            new AdapterDraft.Base(base.location(), base.fingerprint()),
            new AdapterDraft.Training(
                site.engine().computeType().name().toLowerCase(Locale.ROOT),
                useCase.seed(),
                identity.configHash(),
                identity.codeVersion(),
                identity.runId()),
            task.metrics(base, site, adapter));
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
