package io.adapterworks.evaluate;

/**
 * One row of a test and what was predicted.
 *
 * @param truth the index of the true label, or {@link #UNKNOWN}
 */
public record Outcome(LabelledText row, int truth, Prediction prediction) {
  /** The {@code truth} of a row whose label the classifier does not know. */
  public static final int UNKNOWN = -1;

  /** Whether the label was predicted; never so for a label that the classifier does not know. */
  public boolean correct() {
    return prediction.labelIndex() == truth;
  }

  boolean known() {
    return truth != UNKNOWN;
  }
}
