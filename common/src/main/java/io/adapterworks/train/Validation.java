package io.adapterworks.train;

import io.adapterworks.pass.SequenceClassifier;
import io.adapterworks.pass.TrainablePass;
import io.adapterworks.tokenize.TokenBatch;
import java.util.List;

/**
 * How good the current parameters are on rows that are not trained on.
 *
 * @param loss mean over scored labels
 * @param accuracy share of rows that are right; NaN for a pass that is no classifier
 */
record Validation(double loss, double accuracy) {
  static final Validation NONE = new Validation(Double.NaN, Double.NaN);

  static Validation of(TrainablePass pass, List<TokenBatch> batches) {
    if (batches.isEmpty()) {
      return NONE;
    }
    if (pass instanceof SequenceClassifier classifier) {
      return classification(classifier, batches);
    }
    double loss = 0;
    long scored = 0;
    double[] losses = pass.losses(batches);
    for (int i = 0; i < losses.length; i++) {
      loss += losses[i] * batches.get(i).scored();
      scored += batches.get(i).scored();
    }
    return new Validation(loss / scored, Double.NaN);
  }

  private static Validation classification(
      SequenceClassifier classifier, List<TokenBatch> batches) {
    double loss = 0;
    int right = 0;
    int rows = 0;
    List<float[]> all = classifier.logits(batches);
    for (int i = 0; i < all.size(); i++) {
      float[] logits = all.get(i);
      int[] labels = batches.get(i).labels();
      for (int s = 0; s < labels.length; s++) {
        Row row = Row.of(logits, s * classifier.outputs(), classifier.outputs(), labels[s]);
        loss += row.loss;
        right += row.right ? 1 : 0;
      }
      rows += labels.length;
    }
    return new Validation(loss / rows, (double) right / rows);
  }

  private record Row(double loss, boolean right) {
    static Row of(float[] logits, int from, int width, int label) {
      float highest = logits[from];
      int best = 0;
      for (int i = 1; i < width; i++) {
        if (logits[from + i] > highest) {
          highest = logits[from + i];
          best = i;
        }
      }
      double sum = 0;
      for (int i = 0; i < width; i++) {
        sum += Math.exp(logits[from + i] - highest);
      }
      return new Row(Math.log(sum) + highest - logits[from + label], best == label);
    }
  }

  /** Whether this is better than the best so far: by accuracy, at a tie by loss. */
  boolean improvesOn(double bestAccuracy, double bestLoss, double minimumDelta) {
    if (Double.isNaN(accuracy)) {
      return loss < bestLoss;
    }
    return accuracy > bestAccuracy + minimumDelta || (accuracy >= bestAccuracy && loss < bestLoss);
  }
}
