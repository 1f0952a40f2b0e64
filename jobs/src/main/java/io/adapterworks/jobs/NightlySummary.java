package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.curate.CurationOutcome;
import io.adapterworks.curate.IngestOutcome;
import io.adapterworks.curate.Nightly;
import io.adapterworks.curate.SchemaDrift;
import io.adapterworks.curate.dataset.DatasetOutcome;
import io.adapterworks.curate.source.InputFile;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;

/**
 * What a night did, as the line of JSON that a scheduler reads.
 *
 * @param dataset what became of the dataset; empty where the configuration wants none
 */
record NightlySummary(Nightly.Report report, Optional<Dataset> dataset) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The last part of a night.
   *
   * @param card where the dataset's card lies, if one was written
   */
  record Dataset(DatasetOutcome outcome, Optional<String> card, Duration time) {}

  /** 0, or 3 where there was nothing to do. */
  int exitCode() {
    return isEmpty() ? ErrorCode.NOTHING_TO_DO.exitCode() : 0;
  }

  private boolean isEmpty() {
    return report.isEmpty()
        && dataset.map(d -> d.outcome() instanceof DatasetOutcome.NothingNew).orElse(true);
  }

  String line() {
    ObjectNode line = head(report.date(), isEmpty() ? "nothing-new" : "done", exitCode());
    IngestOutcome ingested = report.ingest().outcome();
    line.put("files", ingested instanceof IngestOutcome.Ingested some ? some.files() : 0);
    growing(line.putArray("growing"), report.ingest().growing());
    drift(line.putArray("drift"), report.ingest().drift());
    line.put("curatedVersion", report.curation().curatedVersion());
    if (report.curation() instanceof CurationOutcome.Curated curated) {
      line.put("read", curated.read());
      line.put("kept", curated.kept());
      line.set("dropped", JSON.valueToTree(curated.dropped()));
    }
    dataset.ifPresent(made -> dataset(line, made));
    ObjectNode seconds = line.putObject("seconds");
    seconds.put("ingest", seconds(report.ingestTime()));
    seconds.put("curate", seconds(report.curationTime()));
    dataset.ifPresent(made -> seconds.put("dataset", seconds(made.time())));
    return line.toString();
  }

  private static void dataset(ObjectNode line, Dataset dataset) {
    line.put("datasetVersion", dataset.outcome().version());
    if (dataset.outcome() instanceof DatasetOutcome.Made made) {
      line.put("training", made.training());
      line.put("heldOut", made.heldOut());
      line.put("underReview", made.underReview());
    }
    dataset.card().ifPresent(card -> line.put("card", card));
  }

  static String of(LocalDate date, AdapterworksException failure) {
    String outcome = failure.code() == ErrorCode.REFUSED ? "refused" : "failed";
    return head(date, outcome, failure.code().exitCode())
        .put("error", failure.getMessage())
        .toString();
  }

  private static ObjectNode head(LocalDate date, String outcome, int exitCode) {
    return JSON.createObjectNode()
        .put("job", "nightly")
        .put("date", date.toString())
        .put("outcome", outcome)
        .put("exitCode", exitCode);
  }

  private static void growing(ArrayNode array, List<InputFile> files) {
    for (InputFile file : files) {
      array
          .addObject()
          .put("source", file.source())
          .put("bytes", file.bytes())
          .put("modified", Instant.ofEpochMilli(file.modified()).toString());
    }
  }

  private static void drift(ArrayNode array, List<SchemaDrift> changes) {
    for (SchemaDrift change : changes) {
      array
          .addObject()
          .put("source", change.source())
          .put("column", change.column())
          .put("change", change.change().spelled())
          .put("expected", change.expected())
          .put("found", change.found());
    }
  }

  private static double seconds(Duration time) {
    return Math.round(time.toMillis() / 100.0) / 10.0;
  }
}
