package io.adapterworks.pass;

import io.adapterworks.engine.Segments;
import java.util.List;

/**
 * One layer's part of a step over cached sequences.
 *
 * @param sequences which sequences of the cache, in the order of the batch
 */
record CachedStep(KvCache cache, int layer, List<Integer> sequences) {
  /**
   * Stores the key and value of one new token of each sequence and sets its attention.
   *
   * @param rows (S, width): queries, keys and values side by side
   * @param context (S, H·D), set
   */
  void attend(float[] rows, int width, float[] context) {
    for (int s = 0; s < sequences.size(); s++) {
      KvCache.Slot slot = new KvCache.Slot(layer, sequences.get(s));
      int position = cache.length(sequences.get(s));
      cache.store(slot, position, rows, s * width);
      cache.attend(slot, position, rows, s * width, context);
    }
  }

  /** Stores the keys and values of all tokens of each sequence, from position 0 on. */
  void store(float[] rows, int width, Segments segments) {
    for (int s = 0; s < sequences.size(); s++) {
      KvCache.Slot slot = new KvCache.Slot(layer, sequences.get(s));
      for (int i = 0; i < segments.length(s); i++) {
        cache.store(slot, i, rows, (segments.start(s) + i) * width);
      }
    }
  }
}
