package io.adapterworks.curate.row;

import java.util.Locale;

/** A threshold, apart from the score it judges. */
public record Limit(Side side, double threshold) {
  /** Which side of the threshold passes. */
  public enum Side {
    AT_LEAST,
    AT_MOST,
    BELOW
  }

  static Limit atLeast(double threshold) {
    return new Limit(Side.AT_LEAST, threshold);
  }

  static Limit atMost(double threshold) {
    return new Limit(Side.AT_MOST, threshold);
  }

  static Limit below(double threshold) {
    return new Limit(Side.BELOW, threshold);
  }

  boolean passes(double score) {
    return switch (side) {
      case AT_LEAST -> score >= threshold;
      case AT_MOST -> score <= threshold;
      case BELOW -> score < threshold;
    };
  }

  @Override
  public String toString() {
    String number =
        threshold == Math.rint(threshold)
            ? String.format(Locale.ROOT, "%.0f", threshold)
            : String.valueOf(threshold);
    return side.name().toLowerCase(Locale.ROOT).replace('_', ' ') + " " + number;
  }
}
