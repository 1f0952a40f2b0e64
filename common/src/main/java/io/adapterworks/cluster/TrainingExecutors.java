package io.adapterworks.cluster;

import io.adapterworks.cluster.InferenceTask.Output;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.train.TrainingData;
import io.adapterworks.train.TrainingState;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.broadcast.Broadcast;

/**
 * The executors that train, from the driver's side. A round is one Spark stage with one task for
 * each share; whichever executor computes a share, the round's sum has the same bytes.
 */
public final class TrainingExecutors {
  private final SparkDevices devices;
  private final ModelSpec spec;
  private final Consumer<RoundReport> listener;

  /**
   * @param listener is told of every round
   */
  public TrainingExecutors(SparkDevices devices, ModelSpec spec, Consumer<RoundReport> listener) {
    this.devices = devices;
    this.spec = spec;
    this.listener = listener;
  }

  /** What an executor computes with; the first call waits for one. */
  public EngineInfo engine() {
    return devices
        .during(
            () ->
                devices
                    .placed(devices.spark().parallelize(List.of(spec), 1))
                    .map(ExecutorDevices::engine)
                    .collect())
        .get(0);
  }

  /** Brings the model to every device, so that no round waits for it. */
  public void load() {
    ModelSpec wanted = spec;
    List<Integer> all = IntStream.range(0, devices.count()).boxed().toList();
    devices.during(
        () ->
            devices
                .placed(devices.spark().parallelize(all, all.size()))
                .map(number -> ExecutorDevices.run(wanted, model -> number).place())
                .collect());
  }

  /** The token ids of each text, in the texts' order. */
  public List<int[]> encode(List<String> texts, int maxTokens) {
    if (texts.isEmpty()) {
      return List.of();
    }
    int tasks = Math.min(texts.size(), devices.spark().defaultParallelism());
    return devices.during(
        () ->
            devices
                .spark()
                .parallelize(texts, tasks)
                .mapPartitions(new EncodeTask(spec, maxTokens))
                .collect());
  }

  /** The mean gradient (P) and loss of a batch. */
  ShareResult gradient(TokenBatch batch, long dropoutSeed, float[] parameters) {
    List<Share> shares = Share.of(List.of(batch), new long[] {dropoutSeed}, devices.count());
    RoundState state = new RoundState(parameters, new float[0], 0, null);
    return round(shares, 1, state, broadcast -> new GradientTask(spec, broadcast));
  }

  /** Parameters and Adam's moments (3P): the mean of where steps on each share led. */
  ShareResult steps(List<TokenBatch> batches, long[] dropoutSeeds, RoundState from) {
    int steps = batches.size();
    return round(
        Share.of(batches, dropoutSeeds, devices.count()),
        steps,
        from,
        broadcast -> new LocalStepsTask(spec, broadcast, steps));
  }

  /** Work with a value that every executor can read while it lasts. */
  <V, T> T with(V value, Function<Broadcast<V>, T> work) {
    Broadcast<V> sent = devices.spark().broadcast(value);
    try {
      return work.apply(sent);
    } finally {
      sent.destroy();
    }
  }

  /** Trains on one executor from a state on. */
  SoloPart solo(Broadcast<TrainingData> data, TrainingState from, Duration longest) {
    long begun = System.nanoTime();
    ExecutorDevices.Done<SoloPart> done =
        with(
            from,
            state ->
                devices
                    .during(
                        () ->
                            devices
                                .placed(devices.spark().parallelize(List.of(0), 1))
                                .map(new SoloTask(spec, data, state, longest))
                                .collect())
                    .get(0));
    listener.accept(
        new RoundReport(
            done.result().steps().size(),
            Duration.ofNanos(System.nanoTime() - begun),
            List.of(new RoundReport.ShareTime(0, done.place(), Duration.ofNanos(done.nanos())))));
    return done.result();
  }

  private interface Task {
    Function2<OrderedSum, Share, OrderedSum> of(Broadcast<RoundState> state);
  }

  private ShareResult round(List<Share> shares, int steps, RoundState state, Task task) {
    long begun = System.nanoTime();
    JavaRDD<Share> parts = devices.placed(devices.spark().parallelize(shares, shares.size()));
    ShareResult sum =
        with(
            state,
            sent ->
                devices
                    .during(
                        () -> parts.treeAggregate(new OrderedSum(), task.of(sent), OrderedSum::add))
                    .total(shares.size()));
    listener.accept(report(steps, Duration.ofNanos(System.nanoTime() - begun), sum));
    return sum;
  }

  private static RoundReport report(int steps, Duration wall, ShareResult sum) {
    return new RoundReport(
        steps,
        wall,
        sum.places().stream()
            .sorted(Comparator.comparingInt(ShareResult.Place::share))
            .map(
                place ->
                    new RoundReport.ShareTime(
                        place.share(), place.device(), Duration.ofNanos(place.nanos())))
            .toList());
  }

  /** Runs the model forward over every batch; the results in the batches' order. */
  List<float[]> infer(Output output, List<TokenBatch> batches, float[] parameters) {
    if (batches.isEmpty()) {
      return List.of();
    }
    int tasks = Math.min(devices.count(), batches.size());
    JavaRDD<TokenBatch> parts = devices.placed(devices.spark().parallelize(batches, tasks));
    return with(
        new RoundState(parameters, new float[0], 0, null),
        sent -> devices.during(() -> parts.map(new InferenceTask(spec, sent, output)).collect()));
  }
}
