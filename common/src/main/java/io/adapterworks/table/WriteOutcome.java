package io.adapterworks.table;

/** What a write did to its table. */
public sealed interface WriteOutcome {
  /** The version the table has now. */
  long version();

  /** The write made {@code version}. */
  record Committed(long version) implements WriteOutcome {}

  /** The table already held this write, or there was nothing to write; it stays at its version. */
  record Unchanged(long version) implements WriteOutcome {}
}
