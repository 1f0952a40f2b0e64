package io.adapterworks.engine.cpu;

import io.adapterworks.engine.Dropout;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * The dropout masks of {@link io.adapterworks.engine.Dropout}: one byte, 0 or 1, for each element.
 * Philox4x32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". The words are
 * kept in the low halves of longs and each round is one loop over arrays, because that is the form
 * which the JIT compiler turns into vector instructions.
 */
final class Philox {
  /** Counters that are worked on together; their four arrays stay in the first-level cache. */
  static final int CHUNK = 512;

  private static final int LANES = 8;
  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final long LOW = 0xFFFFFFFFL;
  private static final long LANE = 0xFFFFL;

  /** 0, 1, 2 … as longs, because a loop that widens its counter is not vectorised. */
  private final long[] indices = LongStream.range(0, CHUNK).toArray();

  private final long[] c0 = new long[CHUNK];
  private final long[] c1 = new long[CHUNK];
  private final long[] c2 = new long[CHUNK];
  private final long[] c3 = new long[CHUNK];

  /**
   * What a mask is made of.
   *
   * @param first the counter of the mask's first eight bytes
   */
  record Key(long seed, int site, long first) {}

  /**
   * Sets the mask bytes of the eights from {@code from} to {@code to}, at their index in {@code
   * mask}.
   *
   * @param threshold lanes below it are dropped
   */
  void fill(Key key, int threshold, NativeBlock mask, int from, int to) {
    long seed = key.seed();
    for (int start = from; start < to; start += CHUNK) {
      int count = Math.min(CHUNK, to - start);
      start(key.first() + start, key.site() & LOW, (int) seed, (int) (seed >>> 32));
      for (int round = 2; round < ROUNDS; round++) {
        int k0 = (int) seed + round * WEYL_0;
        int k1 = (int) (seed >>> 32) + round * WEYL_1;
        round(c0, c1, c2, c3, k0 & LOW, k1 & LOW);
      }
      compare(c0, c1, c2, c3, threshold - 1L);
      mask.longs().put(start, c0, 0, count);
    }
  }

  /**
   * Sets a counter that {@link #attentionMasks} will use, i < CHUNK.
   *
   * @param eight which eight keys
   * @param row of the query
   */
  void setCounter(int i, long eight, long row, int head) {
    c0[i] = eight;
    c1[i] = row & LOW;
    c3[i] = 1L + head;
  }

  /**
   * Eight mask bytes for each of the counters set before, as {@link
   * io.adapterworks.engine.AttentionShape} counts weights. Valid until the next call of any method.
   */
  long[] attentionMasks(long seed, Dropout dropout) {
    Arrays.fill(c2, dropout.site() & LOW);
    for (int round = 0; round < ROUNDS; round++) {
      int k0 = (int) seed + round * WEYL_0;
      int k1 = (int) (seed >>> 32) + round * WEYL_1;
      round(c0, c1, c2, c3, k0 & LOW, k1 & LOW);
    }
    compare(c0, c1, c2, c3, dropout.threshold() - 1L);
    return c0;
  }

  /**
   * The first two rounds of the counters (from + i, 0, site, 0), half of which are constants: no
   * batch has 2^32 of them.
   */
  private void start(long from, long site, int k0, int k1) {
    long siteProduct = MULTIPLIER_1 * site;
    long first = ((siteProduct >>> 32) ^ k0) & LOW;
    long second = siteProduct & LOW;
    long product0 = MULTIPLIER_0 * first;
    long third = ((product0 >>> 32) ^ (k1 + WEYL_1)) & LOW;
    long fourth = product0 & LOW;
    long key0 = (k0 + WEYL_0) & LOW;
    long key1 = k1 & LOW;
    for (int i = 0; i < CHUNK; i++) {
      long product = MULTIPLIER_0 * (from + indices[i]);
      long product1 = MULTIPLIER_1 * ((product >>> 32) ^ key1);
      c0[i] = (product1 >>> 32) ^ second ^ key0;
      c1[i] = product1 & LOW;
      c2[i] = third ^ (product & LOW);
      c3[i] = fourth;
    }
  }

  private static void round(long[] c0, long[] c1, long[] c2, long[] c3, long k0, long k1) {
    for (int i = 0; i < CHUNK; i++) {
      long product0 = MULTIPLIER_0 * c0[i];
      long product1 = MULTIPLIER_1 * c2[i];
      c0[i] = (product1 >>> 32) ^ c1[i] ^ k0;
      c1[i] = product1 & LOW;
      c2[i] = (product0 >>> 32) ^ c3[i] ^ k1;
      c3[i] = product0 & LOW;
    }
  }

  /** Replaces the four words of each counter by eight bytes: whether each lane is above last. */
  private static void compare(long[] c0, long[] c1, long[] c2, long[] c3, long last) {
    for (int i = 0; i < CHUNK; i++) {
      long w = c0[i];
      c0[i] = ((last - (w & LANE)) >>> 63) | ((last - (w >>> 16)) >>> 63 << 8);
    }
    merge(c0, c1, 2 * LANES, last);
    merge(c0, c2, 4 * LANES, last);
    merge(c0, c3, 6 * LANES, last);
  }

  private static void merge(long[] into, long[] words, int shift, long last) {
    for (int i = 0; i < CHUNK; i++) {
      long w = words[i];
      long pair = ((last - (w & LANE)) >>> 63) | ((last - (w >>> 16)) >>> 63 << 8);
      into[i] |= pair << shift;
    }
  }
}
