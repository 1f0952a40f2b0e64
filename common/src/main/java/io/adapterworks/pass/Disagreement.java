package io.adapterworks.pass;

/**
 * How far two predictions for the same row lie apart: (KL(p‖q) + KL(q‖p)) / 2 of their softmax, and
 * its gradient. Wu et al. 2021, arXiv:2106.14448, equation 2. Computed on the host: it is over S·L
 * numbers only.
 */
final class Disagreement {
  private final int pairs;
  private final int width;
  private final float[] gradient;
  private double value;

  private Disagreement(int pairs, int width) {
    this.pairs = pairs;
    this.width = width;
    this.gradient = new float[2 * pairs * width];
  }

  /**
   * Of a batch whose rows 2s and 2s + 1 are the same.
   *
   * @param logits (2S, L) row-major
   * @param width L
   */
  static Disagreement of(float[] logits, int width) {
    Disagreement result = new Disagreement(logits.length / width / 2, width);
    for (int s = 0; s < result.pairs; s++) {
      result.add(logits, s);
    }
    return result;
  }

  /** The mean over pairs. */
  double value() {
    return value;
  }

  /** (2S, L): the gradient of {@link #value} for the logits. */
  float[] gradient() {
    return gradient;
  }

  private void add(float[] logits, int s) {
    int first = 2 * s * width;
    int second = first + width;
    double[] logP = logSoftmax(logits, first);
    double[] logQ = logSoftmax(logits, second);
    double pq = 0;
    double qp = 0;
    for (int i = 0; i < width; i++) {
      pq += Math.exp(logP[i]) * (logP[i] - logQ[i]);
      qp += Math.exp(logQ[i]) * (logQ[i] - logP[i]);
    }
    value += 0.5 * (pq + qp) / pairs;
    for (int i = 0; i < width; i++) {
      double p = Math.exp(logP[i]);
      double q = Math.exp(logQ[i]);
      double ratio = logP[i] - logQ[i];
      gradient[first + i] = (float) (0.5 * (p * (ratio - pq) + p - q) / pairs);
      gradient[second + i] = (float) (0.5 * (q * (-ratio - qp) + q - p) / pairs);
    }
  }

  private double[] logSoftmax(float[] logits, int from) {
    double highest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < width; i++) {
      highest = Math.max(highest, logits[from + i]);
    }
    double sum = 0;
    for (int i = 0; i < width; i++) {
      sum += Math.exp(logits[from + i] - highest);
    }
    double logSum = highest + Math.log(sum);
    double[] result = new double[width];
    for (int i = 0; i < width; i++) {
      result[i] = logits[from + i] - logSum;
    }
    return result;
  }
}
