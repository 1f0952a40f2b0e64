package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Optional;

/**
 * The constants of an attention layer.
 *
 * @param heads H, query heads
 * @param kvHeads heads of keys and values; divides H (grouped-query attention, Ainslie et al. 2023,
 *     arXiv:2305.13245)
 * @param headDim D
 * @param scale multiplies the scores, usually 1/√D
 * @param mask which positions of its own sequence a token sees
 * @param dropout drops weights after softmax, as BERT does while it is trained. The weight that
 *     query n of a batch gives in head h to the key at place j of its sequence has the lane {@code
 *     j mod 8} of the Philox counter {@code (j / 8, origin + n, site, 1 + h)}; see {@link Dropout}
 *     for the rest
 */
public record AttentionShape(
    int heads, int kvHeads, int headDim, float scale, Mask mask, Optional<Dropout> dropout) {
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

  /** Attention that drops nothing. */
  public AttentionShape(int heads, int kvHeads, int headDim, float scale, Mask mask) {
    this(heads, kvHeads, headDim, scale, mask, Optional.empty());
  }

  /** The same attention with this dropout, or none. */
  public AttentionShape with(Optional<Dropout> other) {
    return new AttentionShape(heads, kvHeads, headDim, scale, mask, other);
  }

  /** H · D, the width of queries and of the output. */
  public int queryWidth() {
    return heads * headDim;
  }

  /** kvHeads · D, the width of keys and of values. */
  public int kvWidth() {
    return kvHeads * headDim;
  }

  /** (H + kvHeads) · D, the width of what rotary positions turn: queries and keys. */
  public int rotatedWidth() {
    return queryWidth() + kvWidth();
  }
}
