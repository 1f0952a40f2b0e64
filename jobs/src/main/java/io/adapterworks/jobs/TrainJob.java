package io.adapterworks.jobs;

import io.adapterworks.error.ErrorCode;
import io.adapterworks.pipeline.Preflight;
import io.adapterworks.pipeline.TrainStage;
import io.adapterworks.pipeline.UseCase;
import io.adapterworks.train.TrainingObservers;
import io.adapterworks.train.TrainingProgress;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code train}: trains the adapter of a use case on the newest curated dataset. */
@Command(
    name = "train",
    description = {
      "Trains the use case's adapter on the newest curated dataset and registers it.",
      "Goes on from a checkpoint if there is one of the same settings, data and base model. Where"
          + " these were trained before there is nothing to do."
    },
    mixinStandardHelpOptions = true)
final class TrainJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--resume",
      description = {
        "Go on from the newest whole checkpoint, and fail where there is none.",
        "Without it, training goes on from a checkpoint if there is one, else begins anew."
      })
  private boolean resume;

  private static void preflight(UseCase useCase) {
    Preflight.training(useCase);
    Preflight.warehouse(useCase);
  }

  @Override
  public Integer call() {
    try (JobSession session = JobSession.open(settings, "train", TrainJob::preflight)) {
      TrainStage stage =
          new TrainStage(
              session.warehouse(),
              session.useCase(),
              session.identity(),
              new TrainingObservers(
                  List.of(
                      new TrainingProgress(System.err, Terminal.display()),
                      StopSignal.watch(System.err))));
      TrainStage.Outcome outcome =
          stage.run(
              resume ? TrainStage.Start.FROM_CHECKPOINT : TrainStage.Start.FROM_ANYWHERE,
              System.err::println);
      if (outcome instanceof TrainStage.Outcome.NothingNew) {
        System.out.println(
            "Nothing to do: "
                + outcome.manifest().ref()
                + " was trained with these settings on this dataset version.");
        return ErrorCode.NOTHING_TO_DO.exitCode();
      }
      System.out.println(
          "Registered "
              + outcome.manifest().ref()
              + "; next: scripts/adapterworks evaluate with the same --use-case");
      return 0;
    }
  }
}
