package io.adapterworks.evaluate;

/**
 * How one label fared.
 *
 * @param hits rows of this label predicted as this label
 * @param predicted rows predicted as this label
 * @param support rows of this label
 */
public record ClassScores(String label, int hits, int predicted, int support) {
  /** Of the rows predicted as this label, how many are. */
  public Proportion precision() {
    return new Proportion(hits, predicted);
  }

  /** Of the rows of this label, how many were found. */
  public Proportion recall() {
    return new Proportion(hits, support);
  }

  /** The harmonic mean of precision and recall; zero where there is nothing right. */
  public double f1() {
    return hits == 0 ? 0 : 2.0 * hits / (predicted + support);
  }

  /** Whether the label occurred at all, among the rows or the predictions. */
  public boolean occurred() {
    return predicted + support > 0;
  }
}
