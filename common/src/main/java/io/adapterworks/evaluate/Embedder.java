package io.adapterworks.evaluate;

import java.util.List;

/** Turns texts into vectors of one fixed width, as a base model does without any adapter. */
public interface Embedder {
  /** One vector for each text, (texts, width), in the order given. */
  float[][] embed(List<String> texts);
}
