package io.adapterworks.pipeline;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.evaluate.report.Fact;
import io.adapterworks.evaluate.report.TrainingCurve;
import io.adapterworks.evaluate.report.TrainingPage;
import io.adapterworks.table.StorageFailures;
import io.adapterworks.table.WarehouseFiles;
import io.adapterworks.train.EpochMetrics;
import io.adapterworks.train.StepMetrics;
import io.adapterworks.train.TrainingMetricsTable;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingResult;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;

/**
 * Shows others a training while it runs: its rows in training_metrics, and a page with the loss
 * curve. Written by a thread of its own, so that training does not wait.
 */
final class LiveTraining implements TrainingObserver, AutoCloseable {
  private static final Duration BETWEEN = Duration.ofSeconds(20);
  private static final Duration REFRESH = Duration.ofSeconds(10);
  private static final Duration LAST_WRITE = Duration.ofMinutes(2);

  private final Warehouse warehouse;
  private final String adapter;
  private final TrainingMetricsTable.Recorder recorder;
  private final Consumer<String> log;
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "adapterworks-live-training");
            thread.setDaemon(true);
            return thread;
          });
  private final AtomicBoolean writing = new AtomicBoolean();
  private int totalSteps;
  private int stepsHere;
  private long tokens;
  private Duration lastWrite = Duration.ZERO;
  private Optional<StepMetrics> last = Optional.empty();

  /**
   * @param recorder is told of steps and epochs before this
   * @param log takes a line where something cannot be written; training goes on
   */
  LiveTraining(
      Warehouse warehouse,
      String adapter,
      TrainingMetricsTable.Recorder recorder,
      Consumer<String> log) {
    this.warehouse = warehouse;
    this.adapter = adapter;
    this.recorder = recorder;
    this.log = log;
  }

  /** Where the page of an adapter's training lies. */
  static Path page(Warehouse warehouse, String adapter) {
    return new Path(new Path(warehouse.directory(), "reports"), adapter + "-training.html");
  }

  @Override
  public void started(int total, int firstStep) {
    totalSteps = total;
    log.accept("Training page: " + page(warehouse, adapter));
  }

  @Override
  public void step(StepMetrics metrics) {
    stepsHere++;
    tokens += metrics.tokens();
    last = Optional.of(metrics);
    if (metrics.elapsed().minus(lastWrite).compareTo(BETWEEN) >= 0
        && writing.compareAndSet(false, true)) {
      lastWrite = metrics.elapsed();
      show(metrics, left(metrics), Optional.of(REFRESH));
    }
  }

  @Override
  public void epoch(EpochMetrics metrics) {
    lastWrite = metrics.elapsed().minus(BETWEEN);
  }

  @Override
  public void finished(TrainingResult result) {
    last.ifPresent(
        metrics -> {
          boolean early = result.stoppedEarly();
          String end = early ? "ended early, as validation no longer improved" : "done";
          show(metrics, end, Optional.empty());
        });
    last = Optional.empty();
  }

  private void show(StepMetrics metrics, String outlook, Optional<Duration> refresh) {
    String status = status(metrics, outlook);
    writer.execute(
        () -> {
          try {
            write(status, metrics, refresh);
          } catch (AdapterworksException failure) {
            log.accept("training goes on, but " + failure.getMessage());
          } finally {
            writing.set(false);
          }
        });
  }

  private String left(StepMetrics metrics) {
    double seconds = metrics.elapsed().toNanos() * 1e-9;
    long left = Math.round(seconds / stepsHere * (totalSteps - metrics.step()));
    return "about " + left + " s left";
  }

  private String status(StepMetrics metrics, String outlook) {
    double seconds = Math.max(1e-9, metrics.elapsed().toNanos() * 1e-9);
    return String.format(
        Locale.ROOT,
        "Step %,d of %,d, epoch %d, loss %.3f, %,.0f tokens/s, %s.",
        metrics.step(),
        totalSteps,
        metrics.epoch() + 1,
        metrics.loss(),
        tokens / seconds,
        outlook);
  }

  private void write(String status, StepMetrics metrics, Optional<Duration> refresh) {
    recorder.write(warehouse.tables());
    TrainingCurve curve =
        new TrainingCurve(
            recorder.steps().stream()
                .map(step -> new TrainingCurve.Point(step.step(), step.loss()))
                .toList(),
            recorder.epochs().stream()
                .filter(epoch -> !Double.isNaN(epoch.validationAccuracy()))
                .map(epoch -> new TrainingCurve.Point(epoch.step(), epoch.validationAccuracy()))
                .toList());
    List<Fact> facts =
        List.of(
            new Fact("Run", recorder.runId()),
            new Fact("Written", warehouse.clock().instant().toString()),
            new Fact("Learning rate", String.format(Locale.ROOT, "%.2e", metrics.learningRate())));
    String html =
        TrainingPage.render(new TrainingPage.Input(adapter, status, facts, curve, refresh));
    Path file = page(warehouse, adapter);
    var hadoop = warehouse.tables().spark().sparkContext().hadoopConfiguration();
    try (OutputStream out = WarehouseFiles.of(file, hadoop).create(file, true)) {
      out.write(html.getBytes(StandardCharsets.UTF_8));
    } catch (IOException failure) {
      throw StorageFailures.explain("write " + file, "training goes on", failure);
    }
  }

  /** Says on the page that training stopped, where it did not finish, and waits for that. */
  @Override
  public void close() {
    last.ifPresent(metrics -> show(metrics, "stopped", Optional.empty()));
    writer.shutdown();
    try {
      if (!writer.awaitTermination(LAST_WRITE.toSeconds(), TimeUnit.SECONDS)) {
        log.accept("the training page was not written in " + LAST_WRITE.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
