package io.adapterworks.serve;

import io.adapterworks.evaluate.Embedder;
import io.adapterworks.pass.SequenceClassifier;
import java.util.Arrays;
import java.util.List;

/** The pooled vectors that a pass computes, scaled to length 1 as sentence transformers do. */
public final class PooledEmbedder implements Embedder {
  private final SequenceClassifier pass;
  private final TextEncoder encoder;

  public PooledEmbedder(SequenceClassifier pass, TextEncoder encoder) {
    this.pass = pass;
    this.encoder = encoder;
  }

  @Override
  public float[][] embed(List<String> texts) {
    float[][] vectors = new float[texts.size()][];
    int width = pass.embeddingWidth();
    List<TextEncoder.Group> groups = encoder.batches(texts);
    List<float[]> pooled = pass.embeddings(groups.stream().map(TextEncoder.Group::batch).toList());
    for (int g = 0; g < groups.size(); g++) {
      int[] places = groups.get(g).places();
      for (int s = 0; s < places.length; s++) {
        vectors[places[s]] =
            normalised(Arrays.copyOfRange(pooled.get(g), s * width, (s + 1) * width));
      }
    }
    return vectors;
  }

  private static float[] normalised(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += (double) value * value;
    }
    float scale = (float) (1 / Math.max(1e-12, Math.sqrt(squares)));
    for (int i = 0; i < vector.length; i++) {
      vector[i] *= scale;
    }
    return vector;
  }
}
