package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.curate.CurationOutcome;
import io.adapterworks.curate.IngestOutcome;
import io.adapterworks.curate.Nightly;
import io.adapterworks.curate.SchemaDrift;
import io.adapterworks.curate.source.InputFile;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;

/** The line of JSON that a scheduler reads. */
final class NightlySummary {
  private static final ObjectMapper JSON = new ObjectMapper();

  private NightlySummary() {}

  static String of(Nightly.Report report, int exitCode) {
    ObjectNode line = head(report.date(), report.isEmpty() ? "nothing-new" : "done", exitCode);
    IngestOutcome ingested = report.ingest().outcome();
    line.put("files", ingested instanceof IngestOutcome.Ingested some ? some.files() : 0);
    growing(line.putArray("growing"), report.ingest().growing());
    drift(line.putArray("drift"), report.ingest().drift());
    line.put("datasetVersion", report.curation().datasetVersion());
    if (report.curation() instanceof CurationOutcome.Curated curated) {
      line.put("read", curated.read());
      line.put("kept", curated.kept());
      line.set("dropped", JSON.valueToTree(curated.dropped()));
    }
    line.putObject("seconds")
        .put("ingest", seconds(report.ingestTime()))
        .put("curate", seconds(report.curationTime()));
    return line.toString();
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
