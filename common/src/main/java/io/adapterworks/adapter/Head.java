package io.adapterworks.adapter;

import io.adapterworks.error.Check;

/**
 * A trained classification head on an encoder: one row of scores over the labels from each
 * sequence's pooled hidden states.
 *
 * @param labels L
 * @param pooling what the head sees of a sequence
 */
public record Head(int labels, Pooling pooling) {
  /** How a sequence's hidden states become one vector. */
  public enum Pooling {
    /** The mean over the sequence's tokens. */
    MEAN,
    /** BERT's pooler: tanh of a linear layer on the first token. */
    POOLER
  }

  public Head {
    Check.positive("labels", labels);
  }
}
