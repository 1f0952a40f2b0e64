package io.adapterworks.curate.duplicate;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Hashes of a text's key: one of the whole, a sorted set of 32-bit hashes of its character
 * shingles, and its MinHash bands (Broder 1997, "On the resemblance and containment of documents";
 * banding as in Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", 3.4). The hash
 * functions are multiply-shift (Dietzfelbinger et al. 1997) with fixed coefficients, so signatures
 * stay comparable from night to night.
 */
public final class Signature {
  private static final long SEED = 0x5DEECE66DL;
  private static final long NODE_SEED = 0x9E3779B97F4A7C15L;

  private final NearDuplicateConfig config;
  private final long[] multipliers;
  private final long[] increments;

  public Signature(NearDuplicateConfig config) {
    this.config = config;
    int hashes = config.bands() * config.rows();
    this.multipliers = new long[hashes];
    this.increments = new long[hashes];
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < hashes; i++) {
      multipliers[i] = random.nextLong() | 1;
      increments[i] = random.nextLong();
    }
  }

  /** A 64-bit hash of the key: among a million keys two collide with a chance of 3e-8. */
  public static long node(String key) {
    long hash = NODE_SEED;
    for (int i = 0; i < key.length(); i++) {
      hash = mix(hash ^ key.charAt(i)) + i;
    }
    return mix(hash);
  }

  /** The distinct shingles of a key as hashes, ascending. A key shorter than one is one. */
  public int[] shingles(String key) {
    int size = config.shingle();
    if (key.length() <= size) {
      return new int[] {shingle(key, 0, key.length())};
    }
    int[] hashes = new int[key.length() - size + 1];
    for (int i = 0; i < hashes.length; i++) {
      hashes[i] = shingle(key, i, i + size);
    }
    Arrays.sort(hashes);
    int distinct = 1;
    for (int i = 1; i < hashes.length; i++) {
      if (hashes[i] != hashes[i - 1]) {
        hashes[distinct++] = hashes[i];
      }
    }
    return Arrays.copyOf(hashes, distinct);
  }

  /** One hash a band; two texts share a band's hash with probability Jaccard^rows. */
  public long[] bands(int[] shingles) {
    long[] bands = new long[config.bands()];
    int function = 0;
    for (int band = 0; band < bands.length; band++) {
      long hash = mix(band + NODE_SEED);
      for (int row = 0; row < config.rows(); row++, function++) {
        hash = mix(hash ^ minimum(shingles, multipliers[function], increments[function]));
      }
      bands[band] = hash;
    }
    return bands;
  }

  private static int minimum(int[] shingles, long multiplier, long increment) {
    int least = Integer.MAX_VALUE;
    for (int shingle : shingles) {
      int hash = (int) ((multiplier * shingle + increment) >>> 32);
      least = Math.min(least, hash);
    }
    return least;
  }

  private static int shingle(String key, int from, int to) {
    long hash = SEED;
    for (int i = from; i < to; i++) {
      hash = (hash ^ key.charAt(i)) * 0x100000001B3L;
    }
    return (int) (mix(hash) >>> 32);
  }

  /** The finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Size of the intersection over size of the union of two ascending sets. */
  public static double jaccard(int[] left, int[] right) {
    int i = 0;
    int j = 0;
    int shared = 0;
    while (i < left.length && j < right.length) {
      if (left[i] == right[j]) {
        shared++;
        i++;
        j++;
      } else if (left[i] < right[j]) {
        i++;
      } else {
        j++;
      }
    }
    return (double) shared / (left.length + right.length - shared);
  }

  /** Shingles as they are stored: 4 bytes each, high byte first. */
  public static byte[] pack(int[] shingles) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * shingles.length);
    bytes.asIntBuffer().put(shingles);
    return bytes.array();
  }

  /** What {@link #pack} stored. */
  public static int[] unpack(byte[] bytes) {
    IntBuffer ints = ByteBuffer.wrap(bytes).asIntBuffer();
    int[] shingles = new int[ints.remaining()];
    ints.get(shingles);
    return shingles;
  }
}
