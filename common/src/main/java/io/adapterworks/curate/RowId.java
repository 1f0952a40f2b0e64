package io.adapterworks.curate;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Ids made of content, so that the same input has the same ids whenever it is read. */
final class RowId {
  private static final int BYTES = 16;

  private RowId() {}

  /** The id of a line: where it stands and what it holds. */
  static String of(String source, long line, String raw) {
    return hash(List.of(source, Long.toString(line), raw));
  }

  /** The first 128 bits of the SHA-256 of the parts, each ended by a zero byte, in hex. */
  static String hash(List<String> parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : parts) {
        digest.update(part.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java platform has SHA-256", impossible);
    }
  }
}
