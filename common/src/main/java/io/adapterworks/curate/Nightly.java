package io.adapterworks.curate;

import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.curate.source.Intake;
import io.adapterworks.table.DeltaStore;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.function.Consumer;

/**
 * One night: ingests the new files that nobody writes to any more, then curates every line that is
 * new, against the night itself and all of history. The tables hold the same rows whether a night
 * runs once or again, in the order of dates or another, undisturbed or killed and started again.
 */
public final class Nightly {
  private final DeltaStore store;
  private final Ingest ingest;
  private final Curation curation;
  private final Duration settle;
  private final Clock clock;

  /**
   * @param curation how lines become examples
   * @param clock against which files are still
   */
  public Nightly(
      DeltaStore store, Ingest ingest, Curation curation, NightlyConfig config, Clock clock) {
    this.store = store;
    this.ingest = ingest;
    this.curation = curation;
    this.settle = config.settle();
    this.clock = clock;
  }

  /**
   * What a night did.
   *
   * @param ingestTime how long reading took
   * @param curationTime how long curation took
   */
  public record Report(
      LocalDate date,
      IngestReport ingest,
      CurationOutcome curation,
      Duration ingestTime,
      Duration curationTime) {
    /** Whether the night found nothing to do. */
    public boolean isEmpty() {
      return ingest.outcome() instanceof IngestOutcome.NothingNew
          && curation instanceof CurationOutcome.NothingNew;
    }
  }

  /**
   * Runs the night of {@code date}, which names its rows' batch.
   *
   * @param log is told of each file that cannot be opened
   */
  public Report run(List<InputConfig> inputs, LocalDate date, Consumer<String> log) {
    long begun = System.nanoTime();
    IngestReport ingested = ingest.run(inputs, Intake.night(date, clock.instant(), settle), log);
    long read = System.nanoTime();
    CurationOutcome outcome =
        store.version(BronzeTable.SPEC).isEmpty()
            ? new CurationOutcome.NothingNew(store.dataVersion(CuratedTable.SPEC).orElse(-1))
            : curation.run();
    return new Report(
        date,
        ingested,
        outcome,
        Duration.ofNanos(read - begun),
        Duration.ofNanos(System.nanoTime() - read));
  }
}
