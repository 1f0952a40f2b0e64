package io.adapterworks.curate.source;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The elements of a file that holds a JSON array, as instruction and conversation sets are
 * published, or several after each other: each as one line of JSON, numbered by where it starts, or
 * by the next number where one that starts there has this. Where an array breaks off, a last line
 * says so.
 */
final class JsonArrayLines implements Iterator<RawLine>, Closeable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PEEKED = 4096;

  private final JsonParser parser;
  private final int maxBytes;
  private RawLine next;
  private boolean atEnd;
  private boolean inArray = true;
  private long lastLine;

  JsonArrayLines(InputStream bytes, int maxBytes) throws IOException {
    this.parser = JSON.getFactory().createParser(bytes);
    this.maxBytes = maxBytes;
    parser.nextToken();
  }

  /** Whether the first character that is no blank opens an array; reads nothing away. */
  static boolean startsArray(BufferedInputStream bytes) throws IOException {
    bytes.mark(PEEKED);
    int first = bytes.read();
    for (int read = 1; read < PEEKED && isBlankOrMark(first); read++) {
      first = bytes.read();
    }
    bytes.reset();
    return first == '[';
  }

  private static boolean isBlankOrMark(int b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t' || b == 0xEF || b == 0xBB || b == 0xBF;
  }

  @Override
  public boolean hasNext() {
    if (next == null && !atEnd) {
      next = read();
    }
    return next != null;
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

  private RawLine read() {
    long line = parser.currentLocation().getLineNr();
    try {
      JsonToken token = parser.nextToken();
      while (token == JsonToken.END_ARRAY || (token == JsonToken.START_ARRAY && !inArray)) {
        inArray = token == JsonToken.START_ARRAY;
        token = parser.nextToken();
      }
      if (token == null && !inArray) {
        close();
        return null;
      }
      line = Math.max(lastLine + 1, parser.currentTokenLocation().getLineNr());
      if (token == null) {
        return broken(line, "the array is not closed: is the file cut short?");
      }
      if (!inArray && token != JsonToken.START_OBJECT) {
        return broken(line, "neither an array nor an object follows it");
      }
      lastLine = line;
      String element = JSON.readTree(parser).toString();
      int bytes = element.getBytes(StandardCharsets.UTF_8).length;
      return bytes <= maxBytes
          ? RawLine.sound(line, element)
          : new RawLine(
              line,
              element.substring(0, Math.min(element.length(), 1000)),
              RawLine.LINE_TOO_LONG,
              "the element has " + bytes + " bytes; at most " + maxBytes + " are read");
    } catch (IOException failure) {
      return broken(line, failure.getMessage().lines().findFirst().orElse("unreadable"));
    }
  }

  private RawLine broken(long line, String reason) {
    atEnd = true;
    return new RawLine(
        line, "", RawLine.UNREADABLE_FILE, "the JSON array cannot be read beyond this: " + reason);
  }

  @Override
  public void close() throws IOException {
    atEnd = true;
    parser.close();
  }
}
