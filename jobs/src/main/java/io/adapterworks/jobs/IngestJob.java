package io.adapterworks.jobs;

import io.adapterworks.curate.Ingest;
import io.adapterworks.curate.IngestOutcome;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pipeline.Preflight;
import io.adapterworks.pipeline.UseCase;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ingest}: brings new raw lines of a use case's inputs into bronze_examples. */
@Command(
    name = "ingest",
    description = {
      "Brings new raw lines of the use case's inputs into bronze_examples.",
      "Files that were read before are passed over; of one that has grown the new lines are read. A"
          + " file that cannot be opened is named, and tried again by the next run."
    },
    mixinStandardHelpOptions = true)
final class IngestJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--batch",
      paramLabel = "NAME",
      description = "Marks the new rows; default: the run's own id.")
  private String batch;

  @Override
  public Integer call() {
    try (JobSession session = JobSession.open(settings, "ingest", IngestJob::preflight)) {
      IngestOutcome outcome =
          session.exclusively(
              "ingest",
              () ->
                  new Ingest(
                          session.warehouse().tables(), session.useCase().curation().maxLineBytes())
                      .run(
                          session.useCase().inputs(),
                          batch == null ? session.identity().runId() : batch,
                          System.err::println));
      System.out.println(Summaries.of(outcome));
      return exitCode(outcome);
    }
  }

  private static void preflight(UseCase useCase) {
    Preflight.inputs(useCase);
    Preflight.warehouse(useCase);
  }

  private static int exitCode(IngestOutcome outcome) {
    if (outcome instanceof IngestOutcome.NothingNew) {
      return ErrorCode.NOTHING_TO_DO.exitCode();
    }
    return ((IngestOutcome.Ingested) outcome).files() == 0 ? ErrorCode.INPUT.exitCode() : 0;
  }
}
