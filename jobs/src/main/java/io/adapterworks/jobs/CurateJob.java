package io.adapterworks.jobs;

import io.adapterworks.curate.Curation;
import io.adapterworks.curate.CurationOutcome;
import io.adapterworks.curate.dataset.DatasetOutcome;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pipeline.DatasetCardFile;
import io.adapterworks.pipeline.DatasetStage;
import io.adapterworks.pipeline.Preflight;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code curate}: brings curated_examples up to bronze_examples and makes a dataset of them. */
@Command(
    name = "curate",
    description = {
      "Cleans, masks, deduplicates and splits what is new in bronze_examples.",
      "What is kept is in curated_examples; what is dropped is in curated_rejects with rule, score"
          + " and threshold. Then looks for labels that are probably wrong and picks the rows to"
          + " train on: dataset_examples, a new version of which is a new dataset version."
    },
    mixinStandardHelpOptions = true)
final class CurateJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Override
  public Integer call() {
    try (JobSession session = JobSession.open(settings, "curate", Preflight::curation)) {
      return session.exclusively("curate", () -> curate(session));
    }
  }

  private static int curate(JobSession session) {
    CurationOutcome outcome =
        new Curation(
                session.warehouse().tables(),
                session.useCase().curation(),
                session.useCase().labels())
            .run();
    System.out.println(Summaries.of(outcome));
    Summaries.mendable(session.warehouse().tables(), outcome).forEach(System.out::println);
    boolean madeDataset = DatasetStage.isFor(session.useCase()) && makesDataset(session);
    boolean nothingNew = outcome instanceof CurationOutcome.NothingNew && !madeDataset;
    return nothingNew ? ErrorCode.NOTHING_TO_DO.exitCode() : 0;
  }

  private static boolean makesDataset(JobSession session) {
    DatasetOutcome dataset =
        new DatasetStage(session.warehouse(), session.useCase()).run(System.err::println);
    System.out.println(Summaries.of(dataset));
    if (dataset instanceof DatasetOutcome.Made) {
      System.out.println(
          "Dataset card: " + new DatasetCardFile(session.warehouse(), session.useCase()).write());
      return true;
    }
    return false;
  }
}
