package io.adapterworks.cluster;

import io.adapterworks.engine.EngineSettings;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.resource.ExecutorResourceRequests;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;

/**
 * What a training task asks Spark for beyond what every task gets: one GPU if it is to use one,
 * else all cores of its executor.
 */
public final class TrainingResources {
  static final String DYNAMIC = "spark.dynamicAllocation.enabled";
  private static final String EXECUTOR_GPUS = "spark.executor.resource.gpu.amount";
  private static final String EXECUTOR_CORES = "spark.executor.cores";
  private static final String EXECUTOR_MEMORY = "spark.executor.memory";
  private static final String DISCOVERY = "spark.adapterworks.gpu.discoveryScript";
  private static final String VENDOR = "spark.adapterworks.gpu.vendor";
  private static final String TASK_CPUS = "spark.task.cpus";

  private TrainingResources() {}

  /** Empty where Spark is embedded, or where every task gets an executor's cores anyway. */
  public static Optional<ResourceProfile> of(JavaSparkContext spark, EngineSettings engine) {
    SparkConf conf = spark.getConf();
    if (isEmbedded(conf)) {
      return Optional.empty();
    }
    if (engine.device() == EngineSettings.Device.CUDA) {
      return Optional.of(gpu(spark));
    }
    int cores = conf.getInt(EXECUTOR_CORES, 1);
    return cores > conf.getInt(TASK_CPUS, 1)
        ? Optional.of(
            shared(
                spark,
                new ResourceProfileBuilder()
                    .require(new TaskResourceRequests().cpus(cores))
                    .build()))
        : Optional.empty();
  }

  /**
   * The profile that the application has already, if it is the same: an executor serves the one
   * profile it was started for, so that a second would wait for the first one's GPUs.
   */
  private static ResourceProfile shared(JavaSparkContext spark, ResourceProfile wanted) {
    return spark.sc().resourceProfileManager().getEquivalentProfile(wanted).getOrElse(() -> wanted);
  }

  static boolean isEmbedded(SparkConf conf) {
    return conf.get("spark.master").startsWith("local");
  }

  /**
   * One GPU a task. With dynamic allocation, executors with a GPU are started for such tasks alone,
   * which get all their cores, and others do everything else; without, every executor has one and
   * only training tasks hold it. YARN and Kubernetes want a discovery script for such executors,
   * Kubernetes a vendor too: {@code spark.adapterworks.gpu.discoveryScript} and {@code
   * spark.adapterworks.gpu.vendor}.
   */
  public static ResourceProfile gpu(JavaSparkContext spark) {
    SparkConf conf = spark.getConf();
    int cpus = conf.getInt(TASK_CPUS, 1);
    TaskResourceRequests task = new TaskResourceRequests().resource(ExecutorDevices.GPU, 1);
    if (conf.getBoolean(DYNAMIC, false)) {
      int cores = Math.max(cpus, conf.getInt(EXECUTOR_CORES, 1));
      ExecutorResourceRequests executor =
          new ExecutorResourceRequests()
              .cores(cores)
              .memory(conf.get(EXECUTOR_MEMORY, "1g"))
              .resource(ExecutorDevices.GPU, 1, conf.get(DISCOVERY, ""), conf.get(VENDOR, ""));
      return shared(
          spark, new ResourceProfileBuilder().require(task.cpus(cores)).require(executor).build());
    }
    Check.that(
        conf.getInt(EXECUTOR_GPUS, 0) > 0,
        ErrorCode.CONFIGURATION,
        "engine.device=cuda on %s, but no executor is to have a GPU; expected %s=true or %s=1 in"
            + " spark.settings (conf/clusters has both), or engine.device=cpu",
        conf.get("spark.master"),
        DYNAMIC,
        EXECUTOR_GPUS);
    return shared(spark, new ResourceProfileBuilder().require(task.cpus(cpus)).build());
  }
}
