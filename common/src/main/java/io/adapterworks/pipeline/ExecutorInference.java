package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.cluster.ClusterPass;
import io.adapterworks.cluster.ModelSpec;
import io.adapterworks.cluster.SparkDevices;
import io.adapterworks.cluster.TrainingExecutors;
import io.adapterworks.cluster.TrainingResources;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.EncoderDropout;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;

/** Models on the executors of a Spark cluster, which are waited for when the first is opened. */
final class ExecutorInference implements InferenceSite {
  private final JavaSparkContext spark;
  private final UseCase useCase;
  private final Consumer<String> log;
  private SparkDevices devices;

  ExecutorInference(JavaSparkContext spark, UseCase useCase, Consumer<String> log) {
    this.spark = spark;
    this.useCase = useCase;
    this.log = log;
  }

  @Override
  public Opened open(BaseModel base, LoraAdapter adapter, EngineSettings settings) {
    if (devices == null) {
      devices =
          SparkDevices.open(spark, useCase.cluster(), TrainingResources.of(spark, settings), log);
    }
    ModelSpec spec =
        ModelSpec.of(
            base,
            new ModelSpec.Recipe(
                settings, adapter.config(), useCase.training(), EncoderDropout.NONE),
            adapter.layout().head().map(parameters -> parameters.head()),
            useCase.seed());
    TrainingExecutors executors = new TrainingExecutors(devices, spec, report -> {});
    int width = base.config().hidden();
    return new Opened(
        new ClusterPass.Classifier(executors, adapter.layout(), width, adapter.values()), () -> {});
  }

  @Override
  public void close() {
    if (devices != null) {
      devices.close();
    }
  }
}
