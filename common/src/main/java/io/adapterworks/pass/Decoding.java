package io.adapterworks.pass;

/**
 * Sequences that grow token by token; what has been computed for a token is never computed again.
 * Used by one thread at a time, and only while its {@link LanguageModel} is open, which has one at
 * a time.
 */
public interface Decoding extends AutoCloseable {
  /** (S, V) row-major: the logits after the last token of each prompt. */
  float[] promptLogits();

  /**
   * Appends one token to some of the sequences.
   *
   * @param sequences which, by their place among the prompts
   * @param tokens as many
   * @return (sequences.length, V) row-major: the logits after each of these tokens
   */
  float[] append(int[] sequences, int[] tokens);

  /** Tokens of a sequence, its prompt included. */
  int length(int sequence);

  /** The most tokens of a sequence. */
  int capacity();

  /** Gives the memory of the tokens back. */
  @Override
  void close();
}
