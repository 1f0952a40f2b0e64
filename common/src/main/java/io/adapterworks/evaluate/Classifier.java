package io.adapterworks.evaluate;

import java.util.List;

/** Gives every text a probability for each of a fixed list of labels. */
public interface Classifier {
  /** The labels in the order of {@link Prediction}'s probabilities; distinct, at least two. */
  List<String> labels();

  /** One prediction for each text, in the order given. Batching is the classifier's own matter. */
  List<Prediction> predict(List<String> texts);
}
