package io.adapterworks.jobs;

import io.adapterworks.curate.CurationOutcome;
import io.adapterworks.curate.IngestOutcome;
import io.adapterworks.curate.RejectReasons;
import io.adapterworks.curate.dataset.DatasetOutcome;
import io.adapterworks.table.DeltaStore;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a stage did, in one line for people. */
final class Summaries {
  private Summaries() {}

  static String of(IngestOutcome outcome) {
    if (outcome instanceof IngestOutcome.Ingested ingested) {
      return String.format(
          Locale.ROOT,
          "Ingested %d %s; bronze_examples is at version %d",
          ingested.files(),
          ingested.files() == 1 ? "file" : "files",
          ingested.bronzeVersion());
    }
    int files = ((IngestOutcome.NothingNew) outcome).files();
    return files == 0
        ? "Nothing to ingest: the inputs hold no file that can be read yet"
        : "Nothing new to ingest in " + files + " files";
  }

  static String of(CurationOutcome outcome) {
    if (outcome instanceof CurationOutcome.Curated curated) {
      return String.format(
          Locale.ROOT,
          "Curated %d raw rows: %d kept, %s; curated_examples is at version %d",
          curated.read(),
          curated.kept(),
          dropped(curated.dropped()),
          curated.curatedVersion());
    }
    return "Nothing new to curate; curated_examples is at version " + outcome.curatedVersion();
  }

  static String of(DatasetOutcome outcome) {
    if (outcome instanceof DatasetOutcome.Made made) {
      Map<String, Integer> dropped = new TreeMap<>();
      made.droppedByStep().values().forEach(dropped::putAll);
      return String.format(
          Locale.ROOT,
          "Dataset version %d: %d rows to train on, %d held out, left out %s;"
              + " %d labels wait for review",
          made.version(),
          made.training(),
          made.heldOut(),
          dropped,
          made.underReview());
    }
    return "No new dataset; the newest is version " + outcome.version();
  }

  private static String dropped(Map<String, Long> byRule) {
    long rows = byRule.values().stream().mapToLong(Long::longValue).sum();
    return rows == 0
        ? "none dropped"
        : byRule.entrySet().stream()
            .map(rule -> rule.getKey() + " " + rule.getValue())
            .collect(Collectors.joining(", ", rows + " dropped (", ")"));
  }

  /** What in the files or the use case made curation drop rows, indented below its summary. */
  static List<String> mendable(DeltaStore tables, CurationOutcome outcome) {
    return RejectReasons.mendable(tables, outcome).stream().map(line -> "  " + line).toList();
  }
}
