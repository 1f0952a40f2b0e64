package io.adapterworks.curate;

/** What an ingest did. */
public sealed interface IngestOutcome {
  /** New lines of {@code files} files are in bronze_examples at {@code bronzeVersion}. */
  record Ingested(int files, long bronzeVersion) implements IngestOutcome {}

  /** Every line of the {@code files} files is there already. */
  record NothingNew(int files) implements IngestOutcome {}
}
