package io.adapterworks.jobs;

import io.adapterworks.curate.Curation;
import io.adapterworks.curate.Ingest;
import io.adapterworks.curate.Nightly;
import io.adapterworks.curate.dataset.DatasetOutcome;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.pipeline.DatasetCardFile;
import io.adapterworks.pipeline.DatasetStage;
import io.adapterworks.pipeline.Preflight;
import io.adapterworks.pipeline.UseCase;
import io.adapterworks.table.DeltaStore;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nightly}: everything that a scheduler starts each night, with one line for it to read. */
@Command(
    name = "nightly",
    description = {
      "Ingests and curates what is new and makes a dataset of it, once a night; prints one JSON"
          + " line.",
      "Files that were written to within nightly.settle are left for the next night. Running a"
          + " night again, nights in another order, or one that was killed makes the same tables."
    },
    mixinStandardHelpOptions = true)
final class NightlyJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--date",
      paramLabel = "YYYY-MM-DD",
      description =
          "The night: the batch of its rows, and what {date} in a path stands for;"
              + " default: yesterday (UTC).")
  private LocalDate date;

  @Override
  public Integer call() {
    LocalDate night = date == null ? LocalDate.now(ZoneOffset.UTC).minusDays(1) : date;
    try (JobSession session = JobSession.open(settings, "nightly", Preflight::curation)) {
      NightlySummary summary = session.exclusively("nightly " + night, () -> run(session, night));
      System.out.println(summary.line());
      return summary.exitCode();
    } catch (AdapterworksException failure) {
      System.out.println(NightlySummary.of(night, failure));
      throw failure;
    }
  }

  private static NightlySummary run(JobSession session, LocalDate night) {
    UseCase useCase = session.useCase();
    DeltaStore tables = session.warehouse().tables();
    Nightly.Report report =
        new Nightly(
                tables,
                new Ingest(tables, useCase.curation().maxLineBytes()),
                new Curation(tables, useCase.curation(), useCase.labels()),
                useCase.nightly(),
                Clock.systemUTC())
            .run(useCase.inputs(), night, System.err::println);
    // Also where nothing came in: people may have decided about labels since.
    boolean makes =
        useCase.nightly().dataset()
            && DatasetStage.isFor(useCase)
            && tables.version(CuratedTable.SPEC).isPresent();
    return new NightlySummary(report, makes ? Optional.of(dataset(session)) : Optional.empty());
  }

  private static NightlySummary.Dataset dataset(JobSession session) {
    long begun = System.nanoTime();
    DatasetOutcome made =
        new DatasetStage(session.warehouse(), session.useCase()).run(System.err::println);
    Optional<String> card =
        made instanceof DatasetOutcome.Made
            ? Optional.of(new DatasetCardFile(session.warehouse(), session.useCase()).write())
            : Optional.empty();
    return new NightlySummary.Dataset(made, card, Duration.ofNanos(System.nanoTime() - begun));
  }
}
