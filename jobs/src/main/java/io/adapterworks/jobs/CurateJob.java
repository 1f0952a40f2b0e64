package io.adapterworks.jobs;

import io.adapterworks.curate.Curation;
import io.adapterworks.curate.CurationOutcome;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pipeline.Preflight;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code curate}: brings curated_examples up to bronze_examples. */
@Command(
    name = "curate",
    description = {
      "Cleans, masks, deduplicates and splits what is new in bronze_examples.",
      "What is kept is in curated_examples, a new version of which is a new dataset version; what"
          + " is dropped is in curated_rejects with rule, score and threshold."
    },
    mixinStandardHelpOptions = true)
final class CurateJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Override
  public Integer call() {
    try (JobSession session = JobSession.open(settings, "curate", Preflight::warehouse)) {
      CurationOutcome outcome =
          session.exclusively(
              "curate",
              () ->
                  new Curation(
                          session.warehouse().tables(),
                          session.useCase().curation(),
                          session.useCase().labels())
                      .run());
      System.out.println(Summaries.of(outcome));
      Summaries.mendable(session.warehouse().tables(), outcome).forEach(System.out::println);
      return outcome instanceof CurationOutcome.NothingNew ? ErrorCode.NOTHING_TO_DO.exitCode() : 0;
    }
  }
}
