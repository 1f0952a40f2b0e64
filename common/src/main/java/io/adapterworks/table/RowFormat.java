package io.adapterworks.table;

/** How rows are printed. */
public enum RowFormat {
  /** Aligned columns for people. */
  TABLE,
  /** RFC 4180, with a header; null is an empty field, empty text a quoted one. */
  CSV,
  /** One JSON object a line, nulls included. */
  JSON
}
