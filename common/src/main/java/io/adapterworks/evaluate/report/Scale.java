package io.adapterworks.evaluate.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Maps values [{@code low}, {@code high}] to positions [{@code from}, {@code to}] of a plot. A
 * range of no width has no ticks and is refused with IllegalArgumentException.
 */
record Scale(double low, double high, double from, double to) {
  Scale {
    if (!(high > low) || Double.isInfinite(high - low)) {
      throw new IllegalArgumentException("a scale from " + low + " to " + high);
    }
  }

  double at(double value) {
    return from + (value - low) / (high - low) * (to - from);
  }

  /** About {@code wanted} round values within the scale, ascending. */
  List<Double> ticks(int wanted) {
    double step = roundStep((high - low) / wanted);
    List<Double> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  /** The scale widened to round values at both ends. */
  static Scale rounded(double low, double high, double from, double to) {
    double step = roundStep((high > low ? high - low : 1) / 4);
    double floor = Math.floor(low / step + 1e-9) * step;
    double ceiling = Math.ceil(high / step - 1e-9) * step;
    return new Scale(floor, ceiling > floor ? ceiling : floor + step, from, to);
  }

  /** The nearest of 1, 2, 5 times a power of ten that is at least {@code raw}. */
  private static double roundStep(double raw) {
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double fraction = raw / power;
    double nice = fraction <= 1 ? 1 : fraction <= 2 ? 2 : fraction <= 5 ? 5 : 10;
    return nice * power;
  }
}
