package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.tensor.Tensor;

/**
 * Inverted dropout whose mask is computed, never stored, so that backward sees forward's mask.
 *
 * <p>Element i (row-major, contiguous index) of the tensor at site {@code site} is kept when lane
 * {@code i mod 8} (16 bits, lowest first, of the words in order) of Philox4x32-10 with the key
 * {@code seed} (low word first) and the counter {@code (g low, g high, site, 0)}, {@code g = i / 8
 * + origin · ⌈columns / 8⌉}, is at least {@code round(probability · 65536)}; kept elements are
 * divided by {@code 1 − probability}. Salmon et al. 2011, "Parallel random numbers: as easy as 1,
 * 2, 3".
 *
 * @param probability of dropping an element, in [0, 1)
 * @param seed INT64 (2) on the device, the seed and the origin, changed for every step by the
 *     caller. The origin is the place of the tensor's first row among rows that are dropped out
 *     elsewhere under the same seed: where columns are a multiple of 8, a part of the rows gets the
 *     part of the mask that the whole would get.
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
