package io.adapterworks.train;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows people how training goes: one bar with loss, speed and time left on a terminal, one line
 * every 30 seconds elsewhere.
 */
public final class TrainingProgress implements TrainingObserver {
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(30);

  private final PrintStream out;
  private final boolean terminal;
  private ProgressBar bar;
  private int totalSteps;
  private int stepsHere;
  private long tokens;
  private Duration lastLine = Duration.ZERO;
  private String validation = "";

  /** What the output is looked at through. */
  public enum Display {
    TERMINAL,
    LOG
  }

  public TrainingProgress(PrintStream out, Display display) {
    this.out = out;
    this.terminal = display == Display.TERMINAL;
  }

  @Override
  public void started(int total, int firstStep) {
    totalSteps = total;
    if (firstStep > 0) {
      out.printf(Locale.ROOT, "Training goes on after step %d of %d%n", firstStep, total);
    } else {
      out.printf(Locale.ROOT, "Training: %d steps%n", total);
    }
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("Training")
              .setInitialMax(total)
              .setStyle(ProgressBarStyle.ASCII)
              .startsFrom(firstStep, Duration.ZERO)
              .build();
    }
  }

  @Override
  public void step(StepMetrics metrics) {
    tokens += metrics.tokens();
    stepsHere++;
    if (terminal) {
      bar.stepTo(metrics.step());
      bar.setExtraMessage(state(metrics));
    } else if (metrics.elapsed().minus(lastLine).compareTo(BETWEEN_LINES) >= 0) {
      lastLine = metrics.elapsed();
      out.printf(
          Locale.ROOT,
          "  step %d of %d, %s, about %d s left%n",
          metrics.step(),
          totalSteps,
          state(metrics),
          secondsLeft(metrics));
    }
  }

  private String state(StepMetrics metrics) {
    double perSecond = tokens / Math.max(1e-9, metrics.elapsed().toNanos() * 1e-9);
    return String.format(
        Locale.ROOT,
        " epoch %d, loss %.3f, %,.0f tokens/s%s",
        metrics.epoch() + 1,
        metrics.loss(),
        perSecond,
        validation);
  }

  private long secondsLeft(StepMetrics metrics) {
    double perStep = metrics.elapsed().toNanos() * 1e-9 / stepsHere;
    return Math.round(perStep * (totalSteps - metrics.step()));
  }

  @Override
  public void epoch(EpochMetrics metrics) {
    if (!Double.isNaN(metrics.validationAccuracy())) {
      validation =
          String.format(Locale.ROOT, ", validation %.1f %%", 100 * metrics.validationAccuracy());
    }
  }

  @Override
  public void finished(TrainingResult result) {
    if (terminal) {
      bar.close();
    }
    out.printf(
        Locale.ROOT,
        "Trained %d steps in %.1f s, %,.0f tokens/s%s%n",
        result.steps(),
        result.elapsed().toNanos() * 1e-9,
        result.tokensPerSecond(),
        result.stoppedEarly() ? "; stopped early, validation no longer improved" : validation);
  }
}
