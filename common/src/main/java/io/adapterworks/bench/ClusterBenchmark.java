package io.adapterworks.bench;

import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.cluster.AveragingSteps;
import io.adapterworks.cluster.ClusterConfig;
import io.adapterworks.cluster.ClusterPass;
import io.adapterworks.cluster.ModelSpec;
import io.adapterworks.cluster.RoundReport;
import io.adapterworks.cluster.SparkDevices;
import io.adapterworks.cluster.TrainingExecutors;
import io.adapterworks.cluster.TrainingResources;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BertConfig;
import io.adapterworks.pass.TrainablePass;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import io.adapterworks.train.PassSteps;
import io.adapterworks.train.StepPlan;
import io.adapterworks.train.StepRunner;
import io.adapterworks.train.TrainingState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Times training rounds on a Spark cluster: what a round costs beyond its slowest share, and how
 * much faster several executors are than one. Rows are random tokens, as long as messages are.
 */
public final class ClusterBenchmark {
  private static final int LABELS = 20;
  private static final int SHORTEST = 8;
  private static final int LONGEST = 40;
  private static final long SEED = 1;
  private static final int WARM_UP = 3;

  /**
   * Short rounds until every executor has loaded the base and Java has compiled what a round runs
   * through.
   */
  private static final int FIRST_WARM_UP = 200;

  private static final int FIRST_WARM_UP_ROWS = 2;

  private final JavaSparkContext spark;
  private final BaseModel base;
  private final ModelSpec.Recipe recipe;
  private final int steps;

  /**
   * One way to train.
   *
   * @param tokensPerSecond over the steps after the first ones
   * @param wall of these steps
   */
  public record Result(
      String mode, int devices, double tokensPerSecond, Duration wall, List<RoundReport> rounds) {
    /** What the middle round costs beyond its slowest share. */
    public Duration medianOverhead() {
      return median(RoundReport::overhead);
    }

    /** How long the slowest share of the middle round takes. */
    public Duration medianShare() {
      return median(round -> round.wall().minus(round.overhead()));
    }

    /** What the driver does between two rounds, on average: its own optimizer step. */
    public Duration betweenRounds() {
      Duration inRounds =
          rounds.stream().map(RoundReport::wall).reduce(Duration.ZERO, Duration::plus);
      return wall.minus(inRounds).dividedBy(rounds.size());
    }

    private Duration median(Function<RoundReport, Duration> part) {
      return RoundReport.median(rounds.stream().map(part).toList());
    }
  }

  /**
   * @param steps that are timed
   */
  public ClusterBenchmark(
      JavaSparkContext spark, BaseModel base, ModelSpec.Recipe recipe, int steps) {
    this.spark = spark;
    this.base = base;
    this.recipe = recipe;
    this.steps = steps;
  }

  /**
   * One executor by itself, all of them on each batch, all of them averaging.
   *
   * @param log takes a line where an executor does not come or is lost
   */
  public List<Result> run(int devices, Consumer<String> log) {
    measure("synchronous", devices, batches(FIRST_WARM_UP, FIRST_WARM_UP_ROWS), log);
    List<TokenBatch> timed = batches(steps, recipe.training().batchSize());
    List<Result> results = new ArrayList<>();
    results.add(measure("alone", 1, timed, log));
    results.add(measure("synchronous", devices, timed, log));
    results.add(measure("averaging", devices, timed, log));
    return results;
  }

  private Result measure(String mode, int count, List<TokenBatch> timed, Consumer<String> log) {
    ClusterConfig config =
        new ClusterConfig(count, ClusterConfig.Mode.SYNCHRONOUS, 1, Duration.ofMinutes(5));
    List<RoundReport> reports = new ArrayList<>();
    try (SparkDevices devices =
        SparkDevices.open(spark, config, TrainingResources.of(spark, recipe.engine()), log)) {
      Head head = new Head(LABELS, Head.Pooling.MEAN);
      LoraAdapter adapter = LoraAdapter.initialise(base, recipe.lora(), Optional.of(head), SEED);
      TrainingExecutors executors =
          new TrainingExecutors(
              devices, ModelSpec.of(base, recipe, Optional.of(head), SEED), reports::add);
      int width = ((BertConfig) base.config()).hidden();
      TrainablePass pass =
          new ClusterPass.Classifier(executors, adapter.layout(), width, adapter.values());
      StepRunner runner =
          mode.equals("synchronous")
              ? new PassSteps(pass, recipe.training())
              : new AveragingSteps(executors, timed.size());
      runner.begin(
          TrainingState.initial(adapter.values()),
          new StepPlan(timed.size(), WARM_UP + timed.size()));
      advance(runner, timed.subList(0, Math.min(WARM_UP, timed.size())));
      reports.clear();
      long begun = System.nanoTime();
      advance(runner, timed);
      double seconds = (System.nanoTime() - begun) * 1e-9;
      long tokens = timed.stream().mapToLong(TokenBatch::tokens).sum();
      return new Result(
          mode,
          count,
          tokens / seconds,
          Duration.ofNanos((long) (1e9 * seconds)),
          List.copyOf(reports));
    }
  }

  private static void advance(StepRunner runner, List<TokenBatch> batches) {
    int step = 0;
    while (step < batches.size()) {
      int round = Math.min(runner.roundLength(step), batches.size() - step);
      runner.run(batches.subList(step, step + round), new long[round]);
      step += round;
    }
  }

  private List<TokenBatch> batches(int count, int size) {
    Random random = new Random(SEED);
    int vocabulary = ((BertConfig) base.config()).vocabulary();
    List<TokenBatch> batches = new ArrayList<>();
    for (int b = 0; b < count; b++) {
      List<TokenRow> rows = new ArrayList<>();
      for (int r = 0; r < size; r++) {
        int[] ids = new int[SHORTEST + random.nextInt(LONGEST - SHORTEST + 1)];
        for (int t = 0; t < ids.length; t++) {
          ids[t] = random.nextInt(vocabulary);
        }
        rows.add(TokenRow.classified(ids, random.nextInt(LABELS)));
      }
      batches.add(TokenBatch.of(rows));
    }
    return batches;
  }
}
