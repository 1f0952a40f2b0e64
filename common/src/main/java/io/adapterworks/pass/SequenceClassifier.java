package io.adapterworks.pass;

import io.adapterworks.tokenize.TokenBatch;

/** A pass that gives one score a class for each sequence. */
public interface SequenceClassifier extends TrainablePass {
  /** (S, L) row-major: the scores before softmax, dropout off. */
  float[] logits(TokenBatch batch);

  /** (S, C) row-major: the pooled representation that the head sees, with the adapter. */
  float[] embeddings(TokenBatch batch);

  /** C: the width of {@link #embeddings}. */
  int embeddingWidth();
}
