package io.adapterworks.engine;

/** The mask of {@link Dropout}, one element at a time. Salmon et al. 2011, Philox4x32-10. */
final class ReferencePhilox {
  private static final long MASK = 0xFFFFFFFFL;

  private ReferencePhilox() {}

  /** What element {@code index} of rows of {@code columns} is multiplied with: 0 or 1/(1 − p). */
  static double factor(Dropout dropout, long index, long columns) {
    long seed = ReferenceStorage.integer(dropout.seed(), 0);
    long origin = ReferenceStorage.integer(dropout.seed(), 1);
    long group = index / 8 + origin * ((columns + 7) / 8);
    int[] words =
        block(
            new int[] {(int) group, (int) (group >>> 32), dropout.site(), 0},
            (int) seed,
            (int) (seed >>> 32));
    int lane = (int) (index % 8);
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
