package io.adapterworks.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Damages the bytes of a file as a broken disk, a cut download or an attacker would. */
public final class FileMutations {
  private static final long[] EXTREMES = {
    0,
    1,
    -1,
    127,
    255,
    65_536,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    1L << 40,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private static final String[] JSON = {
    "null",
    "-1",
    "1e999",
    "2147483647",
    "99999999999999999999",
    "\"\\u0000\"",
    "[]",
    "{}",
    "[[[[",
    "true",
    "0",
    "\"all-linear\"",
    "\"(\"",
    "\"NaN\"",
    ":",
    ",",
    "\"r\":"
  };

  private final SplittableRandom random;
  private final int header;

  /**
   * @param header how many of the first bytes are damaged mostly
   */
  public FileMutations(long seed, int header) {
    this.random = new SplittableRandom(seed);
    this.header = header;
  }

  /** The bytes with one to four damages. */
  public byte[] mutate(byte[] bytes) {
    byte[] mutated = bytes.clone();
    int damages = 1 + random.nextInt(4);
    for (int i = 0; i < damages && mutated.length > 0; i++) {
      mutated = damage(mutated);
    }
    return mutated;
  }

  private byte[] damage(byte[] bytes) {
    int at = place(bytes.length);
    return switch (random.nextInt(8)) {
      case 0 -> flip(bytes, at);
      case 1 -> overwrite(bytes, at, new byte[] {(byte) random.nextInt()});
      case 2 -> Arrays.copyOf(bytes, at);
      case 3 -> overwrite(bytes, at, number(Integer.BYTES));
      case 4, 5 -> overwrite(bytes, at, number(Long.BYTES));
      case 6 ->
          insert(bytes, at, JSON[random.nextInt(JSON.length)].getBytes(StandardCharsets.UTF_8));
      default -> repeat(bytes, at);
    };
  }

  private int place(int length) {
    boolean inHeader = random.nextInt(4) > 0;
    return random.nextInt(inHeader ? Math.min(header, length) : length);
  }

  private byte[] number(int bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(0, EXTREMES[random.nextInt(EXTREMES.length)]);
    return Arrays.copyOf(buffer.array(), bytes);
  }

  private byte[] flip(byte[] bytes, int at) {
    bytes[at] ^= (byte) (1 << random.nextInt(8));
    return bytes;
  }

  private static byte[] overwrite(byte[] bytes, int at, byte[] with) {
    System.arraycopy(with, 0, bytes, at, Math.min(with.length, bytes.length - at));
    return bytes;
  }

  private static byte[] insert(byte[] bytes, int at, byte[] inserted) {
    byte[] longer = Arrays.copyOf(bytes, bytes.length + inserted.length);
    System.arraycopy(bytes, at, longer, at + inserted.length, bytes.length - at);
    System.arraycopy(inserted, 0, longer, at, inserted.length);
    return longer;
  }

  private byte[] repeat(byte[] bytes, int at) {
    int length = Math.min(1 + random.nextInt(64), bytes.length - at);
    return insert(bytes, at, Arrays.copyOfRange(bytes, at, at + length));
  }
}
