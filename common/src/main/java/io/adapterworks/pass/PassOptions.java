package io.adapterworks.pass;

import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;

/**
 * How a pass spends memory.
 *
 * @param weights how the base's linear layers are kept on the device
 * @param recomputedLayers so many layers, from the first, keep only their input for backward, which
 *     computes the rest again: each costs a third of its time more. Chen et al. 2016,
 *     arXiv:1604.06174. A number beyond the model's layers means all of them.
 * @param embedding where the table of embeddings is kept
 * @param logitRows so many tokens' logits a decoder's loss may hold at a time on a device: each
 *     chunk of them reads the vocabulary's weights, and the logits take twice as many bytes as
 *     there are tokens in the vocabulary. At least as many as other working memory has room for.
 */
public record PassOptions(
    WeightStorage weights, int recomputedLayers, Placement embedding, int logitRows) {
  /** Rows of logits at a time where nothing else is asked for. */
  private static final int LOGIT_ROWS = 2048;

  /** Where frozen weights that are only looked up are kept. */
  public enum Placement {
    /** On the device. */
    DEVICE,
    /**
     * In the host's memory, page-locked, from where the device reads the rows that a batch needs:
     * saves the table's size on the device for as much traffic as the batch's hidden states take.
     */
    HOST
  }

  /** Fastest: weights in the compute type, nothing computed again but norms and activations. */
  public static final PassOptions DEFAULT = of(WeightStorage.COMPUTE_TYPE, 0);

  /** Smallest activations: every layer is computed again. */
  public static final PassOptions RECOMPUTE_ALL = of(WeightStorage.COMPUTE_TYPE, Integer.MAX_VALUE);

  /** With the usual number of logits at a time. */
  public PassOptions(WeightStorage weights, int recomputedLayers, Placement embedding) {
    this(weights, recomputedLayers, embedding, LOGIT_ROWS);
  }

  /** With the embeddings on the device. */
  public static PassOptions of(WeightStorage weights, int recomputedLayers) {
    return new PassOptions(weights, recomputedLayers, Placement.DEVICE);
  }

  public PassOptions {
    Check.that(
        recomputedLayers >= 0,
        ErrorCode.CONFIGURATION,
        "recomputedLayers=%d; expected 0 (none) or more",
        recomputedLayers);
    Check.positive("logitRows", logitRows);
  }
}
