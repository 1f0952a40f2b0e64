package io.adapterworks.curate.source;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * Joins lines into CSV records (RFC 4180: a quoted field may hold commas, line breaks and doubled
 * quotes) and turns each into a JSON object named by the header. A record with too few or too many
 * fields, and a quote that never closes, cost their own line only.
 */
final class CsvLines implements Iterator<RawLine> {
  /** A quote still open after so many lines is a stray one, not a long field. */
  private static final int MOST_LINES_OF_A_RECORD = 200;

  private final Iterator<RawLine> lines;
  private final Deque<RawLine> pending = new ArrayDeque<>();
  private List<String> header;
  private RawLine next;

  CsvLines(Iterator<RawLine> lines) {
    this.lines = lines;
  }

  /** The fields of the header; empty where the file has none that can be read. */
  static List<String> header(Iterator<RawLine> lines) {
    return lines.hasNext() ? fields(lines.next().raw()).orElse(List.of()) : List.of();
  }

  @Override
  public boolean hasNext() {
    while (next == null && (!pending.isEmpty() || lines.hasNext())) {
      next = record(line());
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

  private RawLine line() {
    return pending.isEmpty() ? lines.next() : pending.pop();
  }

  private RawLine record(RawLine first) {
    if (!first.isSound()) {
      return first;
    }
    if (header == null) {
      header = fields(first.raw()).orElse(List.of());
      return null;
    }
    if (first.raw().isEmpty()) {
      return first;
    }
    StringBuilder text = new StringBuilder(first.raw());
    List<RawLine> taken = new ArrayList<>();
    var fields = fields(text.toString());
    while (fields.isEmpty()
        && taken.size() < MOST_LINES_OF_A_RECORD
        && (!pending.isEmpty() || lines.hasNext())) {
      RawLine more = line();
      taken.add(more);
      if (!more.isSound()) {
        break;
      }
      text.append('\n').append(more.raw());
      // Only a line with a quote can close the field.
      fields = more.raw().indexOf('"') < 0 ? fields : fields(text.toString());
    }
    if (fields.isEmpty()) {
      for (int i = taken.size() - 1; i >= 0; i--) {
        pending.push(taken.get(i));
      }
      return new RawLine(
          first.line(),
          first.raw(),
          RawLine.UNCLOSED_QUOTE,
          "a quote opens in this line and never closes");
    }
    return object(first.line(), text.toString(), fields.get());
  }

  private RawLine object(long line, String raw, List<String> fields) {
    if (fields.size() != header.size()) {
      return new RawLine(
          line,
          raw,
          RawLine.RAGGED_ROW,
          "the row has " + fields.size() + " fields; the header has " + header.size());
    }
    return RawLine.sound(line, JsonText.object(header, fields));
  }

  /** The fields of a record, or empty where a quote is still open at its end. */
  private static Optional<List<String>> fields(String record) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < record.length(); i++) {
      char c = record.charAt(i);
      if (quoted) {
        if (c != '"') {
          field.append(c);
        } else if (i + 1 < record.length() && record.charAt(i + 1) == '"') {
          field.append('"');
          i++;
        } else {
          quoted = false;
        }
      } else if (c == '"' && field.isEmpty()) {
        quoted = true;
      } else if (c == ',') {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    if (quoted) {
      return Optional.empty();
    }
    fields.add(field.toString());
    return Optional.of(fields);
  }
}
