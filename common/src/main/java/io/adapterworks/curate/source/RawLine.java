package io.adapterworks.curate.source;

import java.io.Serializable;

/**
 * A line as it was read: text, or what could be saved of it together with its fault.
 *
 * @param line where it starts in its file, from 1
 * @param fault the rule that will drop it, or null
 * @param reason the fault in words, or null
 */
public record RawLine(long line, String raw, String fault, String reason) implements Serializable {
  public static final String INVALID_UTF8 = "invalid-utf8";
  public static final String NUL_BYTES = "nul-bytes";
  public static final String LINE_TOO_LONG = "line-too-long";
  public static final String UNREADABLE_FILE = "unreadable-file";
  public static final String RAGGED_ROW = "ragged-row";
  public static final String UNCLOSED_QUOTE = "unclosed-quote";

  static RawLine sound(long line, String raw) {
    return new RawLine(line, raw, null, null);
  }

  boolean isSound() {
    return fault == null;
  }
}
