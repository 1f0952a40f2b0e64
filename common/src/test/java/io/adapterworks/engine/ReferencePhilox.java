package io.adapterworks.engine;

/** The mask of {@link Dropout}, one element at a time. Salmon et al. 2011, Philox4x32-10. */
final class ReferencePhilox {
  private static final long MASK = 0xFFFFFFFFL;

  private ReferencePhilox() {}

  /** What element {@code index} of rows of {@code columns} is multiplied with: 0 or 1/(1 − p). */
  static double factor(Dropout dropout, long index, long columns) {
    long group = index / 8 + origin(dropout) * ((columns + 7) / 8);
    int[] counter = {(int) group, (int) (group >>> 32), dropout.site(), 0};
    return factor(dropout, counter, (int) (index % 8));
  }

  /** What the weight of query {@code n} in a head for the key at a place is multiplied with. */
  static double attentionFactor(Dropout dropout, int head, int n, int key) {
    int row = (int) (origin(dropout) + n);
    return factor(dropout, new int[] {key / 8, row, dropout.site(), 1 + head}, key % 8);
  }

  private static long origin(Dropout dropout) {
    return ReferenceStorage.integer(dropout.seed(), 1);
  }

  private static double factor(Dropout dropout, int[] counter, int lane) {
    long seed = ReferenceStorage.integer(dropout.seed(), 0);
    int[] words = block(counter, (int) seed, (int) (seed >>> 32));
    int bits = (words[lane / 2] >>> (16 * (lane % 2))) & 0xFFFF;
    return bits >= dropout.threshold() ? 1 / (1 - (double) dropout.probability()) : 0;
  }

  /** Ten rounds on a counter of four words. */
  static int[] block(int[] counter, int keyLow, int keyHigh) {
    int[] c = counter.clone();
    int low = keyLow;
    int high = keyHigh;
    for (int round = 0; round < 10; round++) {
      long first = 0xD2511F53L * (c[0] & MASK);
      long second = 0xCD9E8D57L * (c[2] & MASK);
      c =
          new int[] {
            (int) (second >>> 32) ^ c[1] ^ low,
            (int) second,
            (int) (first >>> 32) ^ c[3] ^ high,
            (int) first
          };
      low += 0x9E3779B9;
      high += 0xBB67AE85;
    }
    return c;
  }
}
