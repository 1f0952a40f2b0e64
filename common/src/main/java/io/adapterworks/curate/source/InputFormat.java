package io.adapterworks.curate.source;

/** How an input file is written. Each may be compressed with gzip ({@code .gz}). */
public enum InputFormat {
  /** One JSON object a line. */
  JSONL,
  /** RFC 4180 with a header line; a quoted field may hold line breaks. */
  CSV,
  /** Apache Parquet with flat columns. */
  PARQUET
}
