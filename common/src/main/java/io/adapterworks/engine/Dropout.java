package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.tensor.Tensor;

/**
 * Inverted dropout whose mask is computed, never stored, so that backward sees forward's mask.
 *
 * <p>Element i (row-major, contiguous index) of the tensor at site {@code site} is kept when lane
 * {@code i mod 8} (16 bits, lowest first, of the words in order) of Philox4x32-10 with the key
 * {@code seed} (low word first) and the counter {@code (i / 8 low, i / 8 high, site, 0)} is at
 * least {@code round(probability · 65536)}; kept elements are divided by {@code 1 − probability}.
 * Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
 *
 * @param probability of dropping an element, in [0, 1)
 * @param seed INT64 (1) on the device: changed for every step by the caller
 * @param site tells apart the places of a model that drop out
 */
public record Dropout(float probability, Tensor seed, int site) {
  public Dropout {
    Check.inRange("dropout", probability, 0, 0.999);
  }

  /** The lanes below this value are dropped. */
  public int threshold() {
    return Math.round(probability * 65536);
  }
}
