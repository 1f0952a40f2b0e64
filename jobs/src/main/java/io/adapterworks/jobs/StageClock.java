package io.adapterworks.jobs;

import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** Tells people which stage runs, and at the end how long each took. */
final class StageClock {
  private final PrintStream out;
  private final Map<String, Duration> stages = new LinkedHashMap<>();

  StageClock(PrintStream out) {
    this.out = out;
  }

  /** Runs one stage. */
  <T> T stage(String name, Supplier<T> work) {
    out.println("== " + name);
    long begun = System.nanoTime();
    try {
      return work.get();
    } finally {
      stages.put(name, Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  /** Prints every stage's time. */
  void summary() {
    out.println("Time by stage:");
    Duration total = Duration.ZERO;
    for (Map.Entry<String, Duration> stage : stages.entrySet()) {
      line(stage.getKey(), stage.getValue());
      total = total.plus(stage.getValue());
    }
    line("total", total);
  }

  private void line(String name, Duration time) {
    out.printf(Locale.ROOT, "  %-10s %6.1f s%n", name, time.toNanos() * 1e-9);
  }
}
