package io.adapterworks.pipeline;

import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.cluster.AveragingSteps;
import io.adapterworks.cluster.ClusterConfig;
import io.adapterworks.cluster.ClusterPass;
import io.adapterworks.cluster.ModelSpec;
import io.adapterworks.cluster.RoundReport;
import io.adapterworks.cluster.SoloTraining;
import io.adapterworks.cluster.SparkDevices;
import io.adapterworks.cluster.TrainingExecutors;
import io.adapterworks.cluster.TrainingResources;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.pass.SequenceClassifier;
import io.adapterworks.train.PassSteps;
import io.adapterworks.train.StepRunner;
import io.adapterworks.train.Trainer;
import io.adapterworks.train.TrainingData;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingResult;
import io.adapterworks.train.TrainingState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;

/** Training on the executors of a Spark cluster. */
final class ExecutorSite implements TrainingSite {
  private final BaseModel base;
  private final UseCase useCase;
  private final Consumer<String> log;
  private final SparkDevices devices;
  private final EngineInfo engine;
  private TrainingExecutors executors;
  private final Set<String> placesTold = new HashSet<>();
  private final List<Duration> overheads = new ArrayList<>();

  /** Waits for the first executor. */
  ExecutorSite(JavaSparkContext spark, BaseModel base, UseCase useCase, Consumer<String> log) {
    this.base = base;
    this.useCase = useCase;
    this.log = log;
    this.devices =
        SparkDevices.open(
            spark, useCase.cluster(), TrainingResources.of(spark, useCase.engine()), log);
    try {
      this.engine = executors(Optional.empty()).engine();
    } catch (RuntimeException failure) {
      devices.close();
      throw failure;
    }
    int present = devices.present();
    log.accept(
        "Training on "
            + devices.count()
            + (devices.count() == 1 ? " device" : " devices")
            + (present < devices.count() ? ", " + present + " there yet," : "")
            + " of "
            + spark.master()
            + ", each "
            + engine.name()
            + ", "
            + engine.device());
  }

  private TrainingExecutors executors(Optional<Head> head) {
    ModelSpec spec =
        ModelSpec.of(
            base,
            new ModelSpec.Recipe(
                useCase.engine(), useCase.lora(), useCase.training(), useCase.base().dropout()),
            head,
            useCase.seed());
    return new TrainingExecutors(devices, spec, this::tell);
  }

  /** Says once who holds which device, also of executors that come later. */
  private void tell(RoundReport report) {
    overheads.add(report.overhead());
    report.shares().stream()
        .map(RoundReport.ShareTime::device)
        .sorted()
        .filter(placesTold::add)
        .forEach(place -> log.accept("Trains: " + place));
  }

  @Override
  public EngineInfo engine() {
    return engine;
  }

  /** Synchronous rounds are one worker's arithmetic, whatever the number of devices. */
  @Override
  public String arithmetic() {
    return averages()
        ? ":averaging:" + devices.count() + ":" + useCase.cluster().averagingSteps()
        : "";
  }

  private boolean averages() {
    return devices.count() > 1 && useCase.cluster().mode() == ClusterConfig.Mode.AVERAGING;
  }

  @Override
  public List<int[]> encode(List<String> texts) {
    return executors(Optional.empty()).encode(texts, useCase.base().maxTokens());
  }

  @Override
  public SequenceClassifier classifier(LoraAdapter adapter) {
    executors = executors(adapter.layout().head().map(parameters -> parameters.head()));
    int width = base.config().hidden();
    return new ClusterPass.Classifier(executors, adapter.layout(), width, adapter.values());
  }

  @Override
  public LlamaPass decoder(LoraAdapter adapter, PassOptions memory) {
    throw Check.failure(
        ErrorCode.CONFIGURATION,
        "task = generation trains in one process, not on the executors of a cluster; expected"
            + " --set spark.master=local[*] for train, or a master that is local");
  }

  /**
   * One device trains by itself, which costs no round between steps; several share each batch, or
   * average.
   */
  @Override
  public TrainingResult train(
      SequenceClassifier classifier,
      TrainingData data,
      TrainingState from,
      TrainingObserver observer) {
    executors.load();
    if (devices.count() == 1) {
      return new SoloTraining(executors, useCase.training(), observer).train(data, from);
    }
    StepRunner rounds =
        averages()
            ? new AveragingSteps(executors, useCase.cluster().averagingSteps())
            : new PassSteps(classifier, useCase.training());
    return new Trainer(classifier, rounds, useCase.training(), useCase.seed(), observer)
        .train(data, from);
  }

  @Override
  public void close() {
    if (!overheads.isEmpty()) {
      log.accept(
          String.format(
              Locale.ROOT,
              "%,d rounds, each %d ms beyond its slowest share (median)",
              overheads.size(),
              RoundReport.median(overheads).toMillis()));
    }
    devices.close();
  }
}
