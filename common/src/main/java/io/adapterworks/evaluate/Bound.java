package io.adapterworks.evaluate;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Locale;
import java.util.Optional;

/** What a metric has to reach: at least one value, at most another, or both. */
public record Bound(Optional<Double> atLeast, Optional<Double> atMost) {
  public Bound {
    Check.that(
        atLeast.isPresent() || atMost.isPresent(),
        ErrorCode.CONFIGURATION,
        "a criterion names no bound; expected atLeast, atMost or both");
    atLeast.ifPresent(value -> Check.inRange("atLeast", value, -1, 1));
    atMost.ifPresent(value -> Check.inRange("atMost", value, -1, 1));
  }

  public static Bound atLeast(double value) {
    return new Bound(Optional.of(value), Optional.empty());
  }

  public static Bound atMost(double value) {
    return new Bound(Optional.empty(), Optional.of(value));
  }

  boolean holds(double value) {
    return atLeast.map(low -> value >= low).orElse(true)
        && atMost.map(high -> value <= high).orElse(true);
  }

  /** Such as {@code at least 0.8800}. */
  public String describe() {
    return atLeast.map(low -> number("at least ", low)).orElse("")
        + (atLeast.isPresent() && atMost.isPresent() ? ", " : "")
        + atMost.map(high -> number("at most ", high)).orElse("");
  }

  private static String number(String words, double value) {
    return String.format(Locale.ROOT, "%s%.4f", words, value);
  }
}
