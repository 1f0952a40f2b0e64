package io.adapterworks.jobs;

import io.adapterworks.curate.CurationOutcome;
import io.adapterworks.curate.IngestOutcome;
import java.util.Locale;

/** What a stage did, in one line for people. */
final class Summaries {
  private Summaries() {}

  static String of(IngestOutcome outcome) {
    if (outcome instanceof IngestOutcome.Ingested ingested) {
      return String.format(
          Locale.ROOT,
          "Ingested %d files; bronze_examples is at version %d",
          ingested.files(),
          ingested.bronzeVersion());
    }
    return "Nothing new to ingest";
  }

  static String of(CurationOutcome outcome) {
    if (outcome instanceof CurationOutcome.Curated curated) {
      return String.format(
          Locale.ROOT,
          "Curated %d raw rows: %d kept, dropped %s; dataset version %d",
          curated.read(),
          curated.kept(),
          curated.dropped(),
          curated.datasetVersion());
    }
    return "Nothing new to curate; dataset version " + outcome.datasetVersion();
  }
}
