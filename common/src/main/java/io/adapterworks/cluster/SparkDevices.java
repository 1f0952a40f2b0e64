package io.adapterworks.cluster;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.network.util.JavaUtils;
import org.apache.spark.resource.ResourceProfile;

/**
 * The devices of a Spark application's executors: how many there are, and how work gets onto them.
 */
public final class SparkDevices implements AutoCloseable {
  private static final String MOST = "spark.dynamicAllocation.maxExecutors";
  private static final Duration GATHERING = Duration.ofSeconds(3);
  private static final Duration SETTLING = Duration.ofSeconds(3);
  private static final String OWN_FAILURE = AdapterworksException.class.getName() + ": ";

  private final JavaSparkContext spark;
  private final Optional<ResourceProfile> profile;
  private final Optional<ExecutorWatch> watch;
  private final int count;

  private SparkDevices(
      JavaSparkContext spark,
      Optional<ResourceProfile> profile,
      Optional<ExecutorWatch> watch,
      int wanted) {
    this.spark = spark;
    this.profile = profile;
    this.watch = watch;
    this.count = wanted > 0 ? wanted : counted();
  }

  /** As many shares of this process's processor; Spark is embedded. */
  public static SparkDevices embedded(JavaSparkContext spark, int count) {
    return new SparkDevices(spark, Optional.empty(), Optional.empty(), count);
  }

  /**
   * The devices of a cluster, once the first of them is there.
   *
   * @param profile what a training task asks for, see {@link TrainingResources}
   * @param log takes lines for people: why nothing happens, and which executor was lost
   * @throws AdapterworksException DEVICE, where the cluster cannot give one or stays busy
   */
  public static SparkDevices open(
      JavaSparkContext spark,
      ClusterConfig config,
      Optional<ResourceProfile> profile,
      Consumer<String> log) {
    SparkConf conf = spark.getConf();
    boolean ownExecutors = gpus(profile) > 0 && conf.getBoolean(TrainingResources.DYNAMIC, false);
    ExecutorWatch watch =
        new ExecutorWatch(
            spark.sc(),
            new ExecutorWatch.Terms(
                ownExecutors ? profile.get().id() : ResourceProfile.DEFAULT_RESOURCE_PROFILE_ID(),
                new StandaloneMaster(spark.master(), need(conf, gpus(profile))),
                config.patience(),
                log));
    try {
      int wanted = ownExecutors && config.devices() == 0 ? conf.getInt(MOST, 1) : config.devices();
      SparkDevices devices = new SparkDevices(spark, profile, Optional.of(watch), wanted);
      if (ownExecutors && watch.executors() < devices.count()) {
        devices.gather();
      }
      return devices;
    } catch (RuntimeException failure) {
      watch.close();
      throw failure;
    }
  }

  private static int gpus(Optional<ResourceProfile> profile) {
    return profile.isPresent() && profile.get().taskResources().contains(ExecutorDevices.GPU)
        ? 1
        : 0;
  }

  private static StandaloneMaster.Need need(SparkConf conf, int gpus) {
    return new StandaloneMaster.Need(
        conf.getInt("spark.executor.cores", 1),
        (int) JavaUtils.byteStringAsMb(conf.get("spark.executor.memory", "1g")),
        gpus);
  }

  /**
   * Keeps as many tasks as devices waiting for long enough that dynamic allocation starts an
   * executor for each: it looks at waiting tasks, and those of a round are over too soon to be
   * seen.
   */
  private void gather() {
    List<Integer> all = IntStream.range(0, count).boxed().toList();
    during(
        () ->
            placed(spark.parallelize(all, count))
                .map(
                    number -> {
                      Thread.sleep(GATHERING.toMillis());
                      return number;
                    })
                .collect());
  }

  /** Waits for one executor, and a little longer for the others. */
  private int counted() {
    during(() -> placed(spark.parallelize(List.of(0), 1)).map(number -> number).collect());
    int executors = 0;
    long until = System.nanoTime() + SETTLING.toNanos();
    while (System.nanoTime() < until) {
      executors = watch.map(ExecutorWatch::executors).orElse(1);
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    return Math.max(1, executors);
  }

  /** How many devices share a batch. */
  public int count() {
    return count;
  }

  /** How many of them are there now; the shares of others are taken by turns. */
  public int present() {
    return Math.min(count, watch.map(ExecutorWatch::executors).orElse(count));
  }

  JavaSparkContext spark() {
    return spark;
  }

  /** The same data, computed by tasks that get what training asks for. */
  <T> JavaRDD<T> placed(JavaRDD<T> rdd) {
    return profile.map(rdd::withResources).orElse(rdd);
  }

  /** Runs Spark jobs; their failure says what the task said. */
  <T> T during(Supplier<T> jobs) {
    try {
      return watch.isPresent() ? watch.get().during(jobs) : jobs.get();
    } catch (AdapterworksException known) {
      throw known;
    } catch (Exception failure) {
      // Exception, not RuntimeException: Scala code throws checked ones that it does not declare.
      throw explained(failure);
    }
  }

  private static AdapterworksException explained(Exception failure) {
    String message = String.valueOf(failure.getMessage());
    int own = message.lastIndexOf(OWN_FAILURE);
    String why =
        message
            .substring(own < 0 ? 0 : own + OWN_FAILURE.length())
            .lines()
            .findFirst()
            .orElse(failure.toString());
    return new AdapterworksException(
        ErrorCode.DEVICE, "training on the executors failed: " + why, failure);
  }

  @Override
  public void close() {
    watch.ifPresent(ExecutorWatch::close);
  }
}
