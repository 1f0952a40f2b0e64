package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;

/**
 * The constants of an attention layer.
 *
 * @param heads H, query heads
 * @param kvHeads heads of keys and values; divides H (grouped-query attention, Ainslie et al. 2023,
 *     arXiv:2305.13245)
 * @param headDim D
 * @param scale multiplies the scores, usually 1/√D
 * @param mask which positions of its own sequence a token sees
 */
public record AttentionShape(int heads, int kvHeads, int headDim, float scale, Mask mask) {
  /** Which positions of its own sequence a token sees. */
  public enum Mask {
    /** All of them. */
    FULL,
    /** Itself and those before it. */
    CAUSAL
  }

  public AttentionShape {
    Check.that(
        heads > 0 && kvHeads > 0 && heads % kvHeads == 0 && headDim > 0,
        ErrorCode.MODEL,
        "attention with %d heads, %d key/value heads, head size %d; the second must divide the"
            + " first",
        heads,
        kvHeads,
        headDim);
  }

  /** H · D, the width of queries and of the output. */
  public int queryWidth() {
    return heads * headDim;
  }

  /** kvHeads · D, the width of keys and of values. */
  public int kvWidth() {
    return kvHeads * headDim;
  }
}
