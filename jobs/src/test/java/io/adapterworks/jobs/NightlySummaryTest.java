package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.curate.CurationOutcome;
import io.adapterworks.curate.IngestOutcome;
import io.adapterworks.curate.IngestReport;
import io.adapterworks.curate.Nightly;
import io.adapterworks.curate.SchemaDrift;
import io.adapterworks.curate.dataset.DatasetOutcome;
import io.adapterworks.curate.source.InputFile;
import io.adapterworks.curate.source.InputFormat;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The line that a scheduler reads, whole. */
class NightlySummaryTest {
  private static final LocalDate NIGHT = LocalDate.of(2026, 11, 23);

  @Test
  void aNightTellsWhatItReadKeptLeftAndMade() {
    IngestReport ingest =
        new IngestReport(
            new IngestOutcome.Ingested(2, 7),
            List.of(new InputFile("file:/l/b.jsonl", "b.jsonl", InputFormat.JSONL, 12, 0)),
            List.of(
                new SchemaDrift("a.csv", "text", SchemaDrift.Change.MISSING, "string", "absent")));
    NightlySummary summary =
        new NightlySummary(
            night(ingest, new CurationOutcome.Curated(5, 10, 7, Map.of("too-short", 3L))),
            Optional.of(
                new NightlySummary.Dataset(
                    new DatasetOutcome.Made(4, 60, 20, 3, Map.of()),
                    Optional.of("reports/dataset-4.html"),
                    Duration.ofMillis(5_120))));

    assertEquals(
        """
        {"job":"nightly","date":"2026-11-23","outcome":"done","exitCode":0,"files":2,\
        "growing":[{"source":"b.jsonl","bytes":12,"modified":"1970-01-01T00:00:00Z"}],\
        "drift":[{"source":"a.csv","column":"text","change":"missing","expected":"string",\
        "found":"absent"}],"curatedVersion":5,"read":10,"kept":7,"dropped":{"too-short":3},\
        "datasetVersion":4,"training":60,"heldOut":20,"underReview":3,\
        "card":"reports/dataset-4.html",\
        "seconds":{"ingest":1.5,"curate":20.3,"dataset":5.1}}""",
        summary.line());
  }

  @Test
  void onlyANightThatMadeNothingAtAllHasNothingToDo() {
    Nightly.Report idle =
        night(
            new IngestReport(new IngestOutcome.NothingNew(2), List.of(), List.of()),
            new CurationOutcome.NothingNew(5));

    assertEquals(
        """
        {"job":"nightly","date":"2026-11-23","outcome":"nothing-new","exitCode":3,"files":0,\
        "growing":[],"drift":[],"curatedVersion":5,"seconds":{"ingest":1.5,"curate":20.3}}""",
        new NightlySummary(idle, Optional.empty()).line());
    assertEquals(3, new NightlySummary(idle, made(new DatasetOutcome.NothingNew(4))).exitCode());
    DatasetOutcome decided = new DatasetOutcome.Made(5, 60, 20, 2, Map.of());
    assertEquals(0, new NightlySummary(idle, made(decided)).exitCode());
  }

  @Test
  void aFailureIsOneLineToo() {
    assertEquals(
        """
        {"job":"nightly","date":"2026-11-23","outcome":"refused","exitCode":4,\
        "error":"another night runs"}""",
        NightlySummary.of(
            NIGHT, new AdapterworksException(ErrorCode.REFUSED, "another night runs")));
  }

  private static Optional<NightlySummary.Dataset> made(DatasetOutcome outcome) {
    return Optional.of(new NightlySummary.Dataset(outcome, Optional.empty(), Duration.ZERO));
  }

  private static Nightly.Report night(IngestReport ingest, CurationOutcome curation) {
    return new Nightly.Report(
        NIGHT, ingest, curation, Duration.ofMillis(1_500), Duration.ofMillis(20_345));
  }
}
