package io.adapterworks.jobs;

import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingResult;
import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.spark.util.SignalUtils;

/**
 * A clean end for training on SIGTERM or SIGINT: the first signal asks for a checkpoint after the
 * steps under way, the second ends the process at once. Before and after training, the first does.
 */
final class StopSignal implements TrainingObserver {
  private final AtomicBoolean training = new AtomicBoolean();
  private final AtomicBoolean asked = new AtomicBoolean();
  private final PrintStream out;

  private StopSignal(PrintStream out) {
    this.out = out;
  }

  /** Takes the signals from now on; later watches come first. */
  static StopSignal watch(PrintStream out) {
    StopSignal stop = new StopSignal(out);
    SignalUtils.register("TERM", stop::ask);
    SignalUtils.register("INT", stop::ask);
    return stop;
  }

  /** Whether the signal is dealt with; if not, the handler before ends the process. */
  private Boolean ask() {
    boolean first = training.get() && asked.compareAndSet(false, true);
    if (first) {
      out.println(
          "Stopping after the steps under way, with a checkpoint; once more to stop at once.");
    }
    return first;
  }

  @Override
  public void started(int totalSteps, int firstStep) {
    training.set(true);
  }

  @Override
  public void finished(TrainingResult result) {
    training.set(false);
  }

  @Override
  public boolean isStopRequested() {
    return asked.get();
  }
}
