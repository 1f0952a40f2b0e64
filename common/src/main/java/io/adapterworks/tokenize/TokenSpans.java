package io.adapterworks.tokenize;

/**
 * The tokens of a text and the part of the text that each stands for. Immutable; the arrays that
 * come out are copies.
 */
public final class TokenSpans {
  private final int[] ids;
  private final int[] starts;
  private final int[] ends;

  /**
   * @param starts the first character of each token, as {@code String} counts them
   * @param ends the character after each token's last; equal to the start for a token of no text
   */
  public TokenSpans(int[] ids, int[] starts, int[] ends) {
    this.ids = ids.clone();
    this.starts = starts.clone();
    this.ends = ends.clone();
  }

  public int[] ids() {
    return ids.clone();
  }

  /** The number of tokens. */
  public int size() {
    return ids.length;
  }

  public int start(int token) {
    return starts[token];
  }

  public int end(int token) {
    return ends[token];
  }
}
