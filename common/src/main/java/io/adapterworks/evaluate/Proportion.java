package io.adapterworks.evaluate;

/** {@code hits} out of {@code total}. */
public record Proportion(long hits, long total) {
  /** The standard normal quantile of a two-sided 95 % interval. */
  static final double Z = 1.959963984540054;

  public Proportion {
    if (hits < 0 || hits > total) {
      throw new IllegalArgumentException(hits + " of " + total);
    }
  }

  /** The share; zero where nothing was counted. */
  public double value() {
    return total == 0 ? 0 : (double) hits / total;
  }

  /**
   * The 95 % score interval, which stays within [0, 1] and holds near its ends and for small
   * counts; [0, 1] where nothing was counted. Wilson 1927, J. Am. Stat. Assoc. 22.
   */
  public Interval wilson() {
    if (total == 0) {
      return new Interval(0, 1);
    }
    double p = value();
    double zz = Z * Z / total;
    double centre = (p + zz / 2) / (1 + zz);
    double half = Z / (1 + zz) * Math.sqrt(p * (1 - p) / total + zz / (4 * total));
    return new Interval(
        hits == 0 ? 0 : Math.max(0, centre - half), hits == total ? 1 : Math.min(1, centre + half));
  }
}
