package io.adapterworks.jobs;

import io.adapterworks.curate.Curation;
import io.adapterworks.curate.Ingest;
import io.adapterworks.curate.Nightly;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pipeline.Preflight;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nightly}: everything that a scheduler starts each night, with one line for it to read. */
@Command(
    name = "nightly",
    description = {
      "Ingests and curates what is new, once a night; prints one JSON line.",
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
    try (JobSession session = JobSession.open(settings, "nightly", Preflight::warehouse)) {
      Nightly.Report report = session.exclusively("nightly " + night, () -> run(session, night));
      int exitCode = report.isEmpty() ? ErrorCode.NOTHING_TO_DO.exitCode() : 0;
      System.out.println(NightlySummary.of(report, exitCode));
      return exitCode;
    } catch (AdapterworksException failure) {
      System.out.println(NightlySummary.of(night, failure));
      throw failure;
    }
  }

  private static Nightly.Report run(JobSession session, LocalDate night) {
    var useCase = session.useCase();
    var tables = session.warehouse().tables();
    return new Nightly(
            tables,
            new Ingest(tables, useCase.curation().maxLineBytes()),
            new Curation(tables, useCase.curation(), useCase.labels()),
            useCase.nightly(),
            Clock.systemUTC())
        .run(useCase.inputs(), night, System.err::println);
  }
}
