package io.adapterworks.pass;

import io.adapterworks.tokenize.TokenBatch;
import java.util.List;

/** A pass that gives one score a class for each sequence. */
public interface SequenceClassifier extends TrainablePass {
  /** (S, L) row-major: the scores before softmax, dropout off. */
  float[] logits(TokenBatch batch);

  /** {@link #logits(TokenBatch)} of each batch. */
  default List<float[]> logits(List<TokenBatch> batches) {
    return batches.stream().map(this::logits).toList();
  }

  /** (S, C) row-major: the pooled representation that the head sees, with the adapter. */
  float[] embeddings(TokenBatch batch);

  /** {@link #embeddings(TokenBatch)} of each batch. */
  default List<float[]> embeddings(List<TokenBatch> batches) {
    return batches.stream().map(this::embeddings).toList();
  }

  /** C: the width of {@link #embeddings}. */
  int embeddingWidth();
}
