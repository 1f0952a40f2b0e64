package io.adapterworks.curate.pii;

/** Personal data at {@code [start, end)} of a text, in chars. */
public record PiiSpan(int start, int end, PiiType type) {
  boolean overlaps(PiiSpan other) {
    return start < other.end && other.start < end;
  }
}
