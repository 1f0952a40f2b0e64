package io.adapterworks.curate.source;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Reads UTF-8 lines from untrusted bytes. Whatever the bytes are, every line comes out once under
 * its true number: a line that is too long, not UTF-8 or holds NUL bytes comes out with its fault,
 * and where the bytes themselves end in an error (a corrupt gzip), a last line says so.
 */
final class LineReader implements Iterator<RawLine>, Closeable {
  /** What is kept of a line that is too long. */
  private static final int EXCERPT = 1000;

  private final InputStream bytes;
  private final int maxBytes;
  private final byte[] buffer = new byte[1 << 16];
  private int position;
  private int limit;
  private long line;
  private boolean atEnd;
  private RawLine next;

  LineReader(InputStream bytes, int maxBytes) {
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }

  @Override
  public boolean hasNext() {
    if (next == null && !atEnd) {
      next = readLine();
      if (atEnd) {
        closeAfterLastLine();
      }
    }
    return next != null;
  }

  private void closeAfterLastLine() {
    try {
      close();
    } catch (IOException failure) {
      // Every line was read by now: what a failing close says no longer matters.
      position = limit;
    }
  }

  @Override
  public RawLine next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    RawLine result = next;
    next = null;
    return result;
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }

  private RawLine readLine() {
    line++;
    ByteArrayOutputStream collected = new ByteArrayOutputStream(256);
    long length = 0;
    try {
      while (true) {
        if (position == limit && !fill()) {
          atEnd = true;
          return length == 0 ? null : finish(collected, length);
        }
        int end = position;
        while (end < limit && buffer[end] != '\n') {
          end++;
        }
        length += end - position;
        int room = Math.max(0, maxBytes - collected.size());
        collected.write(buffer, position, Math.min(end - position, room));
        boolean terminated = end < limit;
        position = terminated ? end + 1 : end;
        if (terminated) {
          return finish(collected, length);
        }
      }
    } catch (IOException failure) {
      atEnd = true;
      return new RawLine(
          line,
          decode(collected.toByteArray(), EXCERPT),
          RawLine.UNREADABLE_FILE,
          "the file cannot be read beyond this line: " + failure.getMessage());
    }
  }

  private boolean fill() throws IOException {
    position = 0;
    limit = Math.max(0, bytes.read(buffer));
    return limit > 0;
  }

  private RawLine finish(ByteArrayOutputStream collected, long length) {
    byte[] content = collected.toByteArray();
    if (length > maxBytes) {
      return new RawLine(
          line,
          decode(content, EXCERPT),
          RawLine.LINE_TOO_LONG,
          "the line has " + length + " bytes; at most " + maxBytes + " are read");
    }
    int from = line == 1 && startsWithMark(content) ? 3 : 0;
    int to = content.length;
    if (to > from && content[to - 1] == '\r') {
      to--;
    }
    return checked(content, from, to);
  }

  private RawLine checked(byte[] content, int from, int to) {
    for (int i = from; i < to; i++) {
      if (content[i] == 0) {
        return new RawLine(
            line,
            decode(content, EXCERPT),
            RawLine.NUL_BYTES,
            "the line holds NUL bytes, from byte " + (i - from + 1) + " on: it is not text");
      }
    }
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(content, from, to - from))
              .toString();
      return RawLine.sound(line, text);
    } catch (CharacterCodingException malformed) {
      return new RawLine(
          line, decode(content, EXCERPT), RawLine.INVALID_UTF8, "the line is not valid UTF-8");
    }
  }

  private static boolean startsWithMark(byte[] content) {
    return content.length >= 3
        && content[0] == (byte) 0xEF
        && content[1] == (byte) 0xBB
        && content[2] == (byte) 0xBF;
  }

  /** Decodes what can be decoded; a NUL becomes visible, as no text column should hold one. */
  private static String decode(byte[] content, int most) {
    String text = new String(content, 0, Math.min(content.length, most), StandardCharsets.UTF_8);
    return text.replace('\0', '\uFFFD');
  }
}
