package io.adapterworks.curate.embedding;

import java.util.List;

/** A base model that turns texts into vectors of length 1. */
public interface TextEmbedder {
  /** What the vectors depend on apart from the text; equal names give equal vectors. */
  String model();

  /** One vector for each text, (texts, width), in the order given. */
  float[][] embed(List<String> texts);
}
