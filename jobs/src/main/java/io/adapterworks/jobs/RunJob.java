package io.adapterworks.jobs;

import io.adapterworks.curate.Curation;
import io.adapterworks.curate.CurationOutcome;
import io.adapterworks.curate.Ingest;
import io.adapterworks.curate.IngestOutcome;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pipeline.EvaluateStage;
import io.adapterworks.pipeline.EvaluationReportFile;
import io.adapterworks.pipeline.TrainStage;
import io.adapterworks.pipeline.UseCase;
import io.adapterworks.registry.Promotion;
import io.adapterworks.train.TrainingProgress;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code run}: the whole chain of a use case, from raw files to a registered adapter. */
@Command(
    name = "run",
    description =
        "Runs a use case's whole chain: ingest, curate, train, evaluate, register, promote.",
    mixinStandardHelpOptions = true)
final class RunJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Override
  public Integer call() {
    StageClock clock = new StageClock(System.out);
    try (JobSession session = clock.stage("start", () -> JobSession.open(settings, "run"))) {
      int exitCode = chain(session, clock);
      clock.summary();
      return exitCode;
    }
  }

  private static int chain(JobSession session, StageClock clock) {
    UseCase useCase = session.useCase();
    String name = useCase.adapterName();
    IngestOutcome ingested =
        clock.stage(
            "ingest",
            () ->
                new Ingest(session.warehouse().tables(), useCase.curation().maxLineBytes())
                    .run(useCase.inputs(), session.identity().runId()));
    System.out.println(Summaries.of(ingested));
    CurationOutcome curated =
        clock.stage(
            "curate",
            () ->
                new Curation(session.warehouse().tables(), useCase.curation(), useCase.labels())
                    .run());
    System.out.println(Summaries.of(curated));
    TrainStage.Outcome trained = clock.stage("train", () -> train(session));
    if (trained instanceof TrainStage.Outcome.NothingNew) {
      System.out.println(
          "Nothing new: "
              + trained.manifest().ref()
              + " was trained with these settings on dataset version "
              + trained.manifest().dataset().version()
              + ". No row and no version was written.");
      return 0;
    }
    System.out.println("Registered " + trained.manifest().ref());
    return evaluate(session, clock, trained, name);
  }

  private static TrainStage.Outcome train(JobSession session) {
    return new TrainStage(
            session.warehouse(),
            session.useCase(),
            session.identity(),
            new TrainingProgress(System.err, Terminal.display()))
        .run(System.err::println);
  }

  private static int evaluate(
      JobSession session, StageClock clock, TrainStage.Outcome trained, String name) {
    EvaluateStage.Outcome outcome =
        clock.stage(
            "evaluate",
            () ->
                new EvaluateStage(session.warehouse(), session.useCase(), session.identity())
                    .run(trained.manifest()));
    String report =
        clock.stage(
            "report",
            () -> new EvaluationReportFile(session.warehouse(), session.useCase()).write(outcome));
    outcome.verdicts().forEach(verdict -> System.out.println("  " + verdict.describe()));
    System.out.printf(
        Locale.ROOT,
        "Accuracy %.2f %% on the test split%n%s%nReport: %s%nAsk it: scripts/adapterworks predict"
            + " --adapter %s@%d \"TEXT\"%n",
        100 * outcome.evaluation().scores().accuracy().value(),
        EvaluationReportFile.decision(trained.manifest(), outcome.promotion()),
        report,
        name,
        trained.manifest().version());
    return outcome.promotion() instanceof Promotion.Refused ? ErrorCode.REFUSED.exitCode() : 0;
  }
}
