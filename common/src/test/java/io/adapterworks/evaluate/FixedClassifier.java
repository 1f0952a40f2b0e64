package io.adapterworks.evaluate;

import java.util.List;
import java.util.Map;

/** Answers each text with the prediction it was given for it. */
record FixedClassifier(List<String> labels, Map<String, Prediction> answers) implements Classifier {
  @Override
  public List<Prediction> predict(List<String> texts) {
    return texts.stream().map(answers::get).toList();
  }
}
