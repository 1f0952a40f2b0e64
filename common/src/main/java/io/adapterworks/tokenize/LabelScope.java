package io.adapterworks.tokenize;

/** What a label of a batch belongs to. */
public enum LabelScope {
  /** There are no labels. */
  NONE,
  /** One label for each sequence. */
  SEQUENCE,
  /** One label for each token. */
  TOKEN
}
