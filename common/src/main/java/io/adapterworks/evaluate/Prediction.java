package io.adapterworks.evaluate;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Arrays;

/** A probability for each label of a {@link Classifier}, in its order. Immutable. */
public final class Prediction {
  /** How far from one the probabilities may sum: rounding of a softmax in float32 stays below. */
  private static final double SUM_TOLERANCE = 1e-3;

  private final float[] probabilities;
  private final int labelIndex;

  private Prediction(float[] probabilities) {
    this.probabilities = probabilities;
    int top = 0;
    double sum = 0;
    for (int i = 0; i < probabilities.length; i++) {
      float value = probabilities[i];
      Check.that(
          value >= 0 && value <= 1 + SUM_TOLERANCE,
          ErrorCode.NUMERIC,
          "probability %d of a prediction is %s; expected a number from 0 to 1",
          i,
          value);
      sum += value;
      top = value > probabilities[top] ? i : top;
    }
    Check.that(
        Math.abs(sum - 1) <= SUM_TOLERANCE,
        ErrorCode.NUMERIC,
        "the probabilities of a prediction sum to %s; expected 1; pass logits through ofLogits",
        sum);
    this.labelIndex = top;
  }

  /**
   * A prediction from probabilities (labels) that sum to one.
   *
   * @throws io.adapterworks.error.AdapterworksException NUMERIC if they are not a distribution
   */
  public static Prediction ofProbabilities(float... probabilities) {
    return new Prediction(probabilities.clone());
  }

  /**
   * The softmax of logits (labels).
   *
   * @throws io.adapterworks.error.AdapterworksException NUMERIC if a logit is not finite
   */
  public static Prediction ofLogits(float... logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < logits.length; i++) {
      Check.that(
          Float.isFinite(logits[i]),
          ErrorCode.NUMERIC,
          "logit %d is %s; expected a finite number; the adapter may have diverged in training",
          i,
          logits[i]);
      largest = Math.max(largest, logits[i]);
    }
    double[] exponentials = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      exponentials[i] = Math.exp(logits[i] - largest);
      sum += exponentials[i];
    }
    float[] probabilities = new float[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = (float) (exponentials[i] / sum);
    }
    return new Prediction(probabilities);
  }

  /** How many labels there are. */
  public int size() {
    return probabilities.length;
  }

  /** The index of the most probable label; the first of several that are equal. */
  public int labelIndex() {
    return labelIndex;
  }

  /** The probability of the most probable label. */
  public float confidence() {
    return probabilities[labelIndex];
  }

  /** The probability of the label at {@code index}. */
  public float probability(int index) {
    return probabilities[index];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Prediction that && Arrays.equals(probabilities, that.probabilities);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(probabilities);
  }

  @Override
  public String toString() {
    return "Prediction" + Arrays.toString(probabilities);
  }
}
