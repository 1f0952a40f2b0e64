package io.adapterworks.tokenize;

/**
 * A conversation as a model sees it.
 *
 * @param row its tokens, each labelled with the token that should follow where that is part of an
 *     answer
 * @param scored labels that are scored
 * @param cutTokens tokens that were cut off at the end because the conversation is too long
 * @param cutScored how many of them were part of an answer
 */
public record EncodedConversation(TokenRow row, int scored, int cutTokens, int cutScored) {
  /** True when a part of it was cut off. */
  public boolean isCut() {
    return cutTokens > 0;
  }
}
