package io.adapterworks.tokenize;

import java.util.OptionalInt;

/** Turns text into token ids and back. Safe for use by several threads at once. */
public interface Tokenizer extends AutoCloseable {
  /**
   * The ids of {@code text} with the special tokens that the model expects around it. A text that
   * is too long is cut at its end, never in its special tokens: a closing token such as {@code
   * [SEP]} stays.
   *
   * @param maxTokens the most ids to return, special tokens included; at least as many as there are
   *     special tokens
   */
  int[] encode(String text, int maxTokens);

  /** The ids of {@code text} alone, whole and without special tokens. */
  int[] encodePlain(String text);

  /** As {@link #encodePlain}, with the part of the text that each token stands for. */
  TokenSpans encodeSpans(String text);

  /** The text of {@code ids} without special tokens. */
  String decode(int[] ids);

  /** The text of {@code ids}, special tokens written out. */
  String decodeWithSpecialTokens(int[] ids);

  /** The id of a token as the vocabulary writes it, for example {@code [CLS]}. */
  OptionalInt idOf(String token);

  @Override
  void close();
}
