package io.adapterworks.evaluate;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * What the base model can do untrained: a text takes the label whose mean training embedding is
 * nearest by cosine. The yardstick that an adapter has to beat.
 *
 * <p>Probabilities are a softmax of cosine / {@value #TEMPERATURE}. Only their order carries
 * meaning: no calibration is claimed for this baseline.
 */
public final class NearestCentroid implements Classifier {
  private static final double TEMPERATURE = 0.05;

  private final Embedder embedder;
  private final List<String> labels;
  private final float[][] centroids;

  private NearestCentroid(Embedder embedder, List<String> labels, float[][] centroids) {
    this.embedder = embedder;
    this.labels = labels;
    this.centroids = centroids;
  }

  /**
   * Embeds the training rows and takes the mean of each label's unit vectors. Labels are in
   * alphabetical order.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT if there are fewer than two labels
   */
  public static NearestCentroid fit(Embedder embedder, List<LabelledText> training) {
    TreeMap<String, float[]> sums = new TreeMap<>();
    float[][] vectors = embedder.embed(training.stream().map(LabelledText::text).toList());
    for (int i = 0; i < vectors.length; i++) {
      float[] unit = normalised(vectors[i]);
      float[] sum = sums.computeIfAbsent(training.get(i).label(), label -> new float[unit.length]);
      for (int j = 0; j < unit.length; j++) {
        sum[j] += unit[j];
      }
    }
    Check.that(
        sums.size() >= 2,
        ErrorCode.INPUT,
        "the training rows have %d different labels; expected 2 or more; check the label column",
        sums.size());
    return new NearestCentroid(
        embedder,
        List.copyOf(sums.keySet()),
        sums.values().stream().map(NearestCentroid::normalised).toArray(float[][]::new));
  }

  @Override
  public List<String> labels() {
    return labels;
  }

  @Override
  public List<Prediction> predict(List<String> texts) {
    List<Prediction> predictions = new ArrayList<>(texts.size());
    for (float[] vector : embedder.embed(texts)) {
      float[] unit = normalised(vector);
      float[] logits = new float[centroids.length];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) (dot(unit, centroids[i]) / TEMPERATURE);
      }
      predictions.add(Prediction.ofLogits(logits));
    }
    return predictions;
  }

  /** The vector at length one; a zero vector stays as it is. */
  private static float[] normalised(float[] vector) {
    double length = Math.sqrt(dot(vector, vector));
    float[] unit = new float[vector.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = length == 0 ? 0 : (float) (vector[i] / length);
    }
    return unit;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
