package io.adapterworks.evaluate;

import java.util.Locale;
import java.util.Optional;

/**
 * One criterion and whether it was met.
 *
 * @param title what was judged, for people
 * @param measured the value, where there is one
 * @param interval its 95 % interval, where one is known
 * @param required what it had to reach
 */
public record Verdict(
    String title, Optional<Double> measured, Optional<Interval> interval, Bound required, Met met) {

  /** How a criterion came out. */
  public enum Met {
    /** Met, and by the whole of the interval where there is one. */
    YES,
    /**
     * Met by the value, but the interval reaches beyond the bound: more rows may tell otherwise.
     */
    NARROWLY,
    NO
  }

  public boolean passed() {
    return met != Met.NO;
  }

  /** Such as {@code accuracy 0.8710, expected at least 0.8800}. */
  public String describe() {
    String value =
        measured.map(number -> String.format(Locale.ROOT, "%.4f", number)).orElse("not measured");
    return title + " " + value + ", expected " + required.describe();
  }
}
