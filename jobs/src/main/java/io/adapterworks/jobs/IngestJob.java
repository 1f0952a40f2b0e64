package io.adapterworks.jobs;

import io.adapterworks.curate.Ingest;
import io.adapterworks.curate.IngestOutcome;
import io.adapterworks.error.ErrorCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ingest}: brings new raw lines of a use case's inputs into bronze_examples. */
@Command(
    name = "ingest",
    description = "Brings new raw lines of the use case's inputs into bronze_examples.",
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
    try (JobSession session = JobSession.open(settings, "ingest")) {
      IngestOutcome outcome =
          new Ingest(session.warehouse().tables(), session.useCase().curation().maxLineBytes())
              .run(session.useCase().inputs(), batch == null ? session.identity().runId() : batch);
      System.out.println(Summaries.of(outcome));
      return outcome instanceof IngestOutcome.NothingNew ? ErrorCode.NOTHING_TO_DO.exitCode() : 0;
    }
  }
}
