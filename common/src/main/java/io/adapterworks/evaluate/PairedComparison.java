package io.adapterworks.evaluate;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;

/**
 * Two models on the same rows, by which of them were right.
 *
 * @param candidateOnly rows that only the candidate got right
 * @param referenceOnly rows that only the reference got right
 */
public record PairedComparison(
    long bothRight, long candidateOnly, long referenceOnly, long bothWrong) {

  /**
   * Pairs all rows by position. A row whose label a model does not know is one that it got wrong,
   * so two models with different labels can be compared.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT if they are not the same rows
   */
  public static PairedComparison of(Outcomes candidate, Outcomes reference) {
    Check.that(
        candidate.all().size() == reference.all().size(),
        ErrorCode.INPUT,
        "the candidate was tested on %d rows, the reference on %d; expected the same rows;"
            + " evaluate both on one dataset version",
        candidate.all().size(),
        reference.all().size());
    long[] cells = new long[4];
    for (int i = 0; i < candidate.all().size(); i++) {
      Outcome ours = candidate.all().get(i);
      Outcome theirs = reference.all().get(i);
      Check.that(
          ours.row().equals(theirs.row()),
          ErrorCode.INPUT,
          "row %d differs between candidate and reference; expected the same rows in one order;"
              + " evaluate both on one dataset version",
          i);
      cells[(ours.correct() ? 2 : 0) + (theirs.correct() ? 1 : 0)]++;
    }
    return new PairedComparison(cells[3], cells[2], cells[1], cells[0]);
  }

  public long total() {
    return bothRight + candidateOnly + referenceOnly + bothWrong;
  }

  /** The candidate's accuracy less the reference's. */
  public double difference() {
    return total() == 0 ? 0 : (double) (candidateOnly - referenceOnly) / total();
  }

  /**
   * A 95 % interval of {@link #difference}: Wald's after adding ½ to each of the four cells.
   * Agresti and Min 2005, Statistics in Medicine 24.
   */
  public Interval differenceInterval() {
    double n = total() + 2.0;
    double b = candidateOnly + 0.5;
    double c = referenceOnly + 0.5;
    double centre = (b - c) / n;
    double half = Proportion.Z * Math.sqrt(b + c - (b - c) * (b - c) / n) / n;
    return new Interval(Math.max(-1, centre - half), Math.min(1, centre + half));
  }

  /**
   * McNemar's exact test: how probable a split of the disagreements at least this uneven is if the
   * two models are equally good; two-sided, 2·P(X ≤ min(b, c)) for X ~ Binomial(b + c, ½), at most
   * one. McNemar 1947, Psychometrika 12.
   */
  public double pValue() {
    long n = candidateOnly + referenceOnly;
    long fewer = Math.min(candidateOnly, referenceOnly);
    double logTerm = n * -Math.log(2);
    double tail = Math.exp(logTerm);
    for (long k = 1; k <= fewer; k++) {
      logTerm += Math.log((double) (n - k + 1) / k);
      tail += Math.exp(logTerm);
    }
    return Math.min(1, 2 * tail);
  }
}
