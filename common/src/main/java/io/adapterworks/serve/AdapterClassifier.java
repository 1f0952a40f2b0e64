package io.adapterworks.serve;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.Classifier;
import io.adapterworks.evaluate.Prediction;
import io.adapterworks.pass.SequenceClassifier;
import java.util.Arrays;
import java.util.List;

/** A base model with an adapter that gives texts their labels. */
public final class AdapterClassifier implements Classifier {
  private final SequenceClassifier pass;
  private final TextEncoder encoder;
  private final List<String> labels;

  /**
   * @param labels in the order of the head's rows
   */
  public AdapterClassifier(SequenceClassifier pass, TextEncoder encoder, List<String> labels) {
    Check.that(
        labels.size() == pass.outputs(),
        ErrorCode.MODEL,
        "%d labels for a head of %d rows; the manifest and the head do not belong together",
        labels.size(),
        pass.outputs());
    this.pass = pass;
    this.encoder = encoder;
    this.labels = List.copyOf(labels);
  }

  @Override
  public List<String> labels() {
    return labels;
  }

  @Override
  public List<Prediction> predict(List<String> texts) {
    Prediction[] predictions = new Prediction[texts.size()];
    int width = pass.outputs();
    List<TextEncoder.Group> groups = encoder.batches(texts);
    List<float[]> logits = pass.logits(groups.stream().map(TextEncoder.Group::batch).toList());
    for (int g = 0; g < groups.size(); g++) {
      int[] places = groups.get(g).places();
      for (int s = 0; s < places.length; s++) {
        predictions[places[s]] =
            Prediction.ofLogits(Arrays.copyOfRange(logits.get(g), s * width, (s + 1) * width));
      }
    }
    return List.of(predictions);
  }
}
