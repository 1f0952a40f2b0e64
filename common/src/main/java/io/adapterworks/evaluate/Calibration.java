package io.adapterworks.evaluate;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether a model is right as often as it says. Rows are put by confidence, the probability of the
 * predicted label, into 15 bins of equal width (0, 1/15], …, (14/15, 1]; each bin compares mean
 * confidence with accuracy. Guo et al. 2017, arXiv:1706.04599, section 2.
 */
public record Calibration(List<Bin> bins) {
  /** The number of bins, as in the paper. */
  public static final int BINS = 15;

  public Calibration {
    bins = List.copyOf(bins);
  }

  /**
   * The rows whose confidence lies in ({@code from}, {@code to}].
   *
   * @param confidenceSum the sum of their confidences
   */
  public record Bin(double from, double to, Proportion accuracy, double confidenceSum) {
    public long count() {
      return accuracy.total();
    }

    /** The mean confidence; zero in an empty bin. */
    public double confidence() {
      return count() == 0 ? 0 : confidenceSum / count();
    }

    double gap() {
      return Math.abs(accuracy.value() - confidence());
    }
  }

  public static Calibration of(List<Outcome> rows) {
    long[] hits = new long[BINS];
    long[] totals = new long[BINS];
    double[] confidences = new double[BINS];
    for (Outcome row : rows) {
      double confidence = row.prediction().confidence();
      int bin = Math.min(BINS - 1, Math.max(0, (int) Math.ceil(confidence * BINS) - 1));
      hits[bin] += row.correct() ? 1 : 0;
      totals[bin]++;
      confidences[bin] += confidence;
    }
    List<Bin> bins = new ArrayList<>();
    for (int i = 0; i < BINS; i++) {
      bins.add(
          new Bin(
              (double) i / BINS,
              (double) (i + 1) / BINS,
              new Proportion(hits[i], totals[i]),
              confidences[i]));
    }
    return new Calibration(bins);
  }

  /** Σ over bins of (rows in bin / rows) · |accuracy − confidence|; zero without rows. */
  public double expectedError() {
    long total = bins.stream().mapToLong(Bin::count).sum();
    return total == 0 ? 0 : bins.stream().mapToDouble(b -> b.count() * b.gap()).sum() / total;
  }

  /** The largest gap of any bin that holds rows. */
  public double maximumError() {
    return bins.stream().filter(b -> b.count() > 0).mapToDouble(Bin::gap).max().orElse(0);
  }
}
