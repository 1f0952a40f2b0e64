package io.adapterworks.jobs;

import io.adapterworks.curate.Curation;
import io.adapterworks.curate.CurationOutcome;
import io.adapterworks.curate.Ingest;
import io.adapterworks.curate.IngestOutcome;
import io.adapterworks.curate.dataset.DatasetOutcome;
import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.pipeline.DatasetCardFile;
import io.adapterworks.pipeline.DatasetStage;
import io.adapterworks.pipeline.EvaluateStage;
import io.adapterworks.pipeline.EvaluationReportFile;
import io.adapterworks.pipeline.GenerationSession;
import io.adapterworks.pipeline.Preflight;
import io.adapterworks.pipeline.TrainStage;
import io.adapterworks.pipeline.UseCase;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.train.TrainingObservers;
import io.adapterworks.train.TrainingProgress;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code run}: the whole chain of a use case, from raw files to a registered adapter. */
@Command(
    name = "run",
    description = {
      "Runs a use case's whole chain: ingest, curate, train, evaluate, register, promote.",
      "Run it again whenever there are new files; on the same input and settings it writes nothing"
          + " and ends with 3. A run that was killed goes on where it was."
    },
    mixinStandardHelpOptions = true)
final class RunJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Override
  public Integer call() {
    StageClock clock = new StageClock(System.out);
    try (JobSession session =
        clock.stage("start", () -> JobSession.open(settings, "run", RunJob::preflight))) {
      int exitCode = new Chain(session, clock).run();
      clock.summary();
      return exitCode;
    }
  }

  private static void preflight(UseCase useCase) {
    Preflight.inputs(useCase);
    Preflight.training(useCase);
    Preflight.warehouse(useCase);
  }

  private record Chain(JobSession session, StageClock clock) {
    int run() {
      // Training takes long and writes other tables: it does not hold the lock.
      if (!session.exclusively("run", this::prepare)) {
        return ErrorCode.NOTHING_TO_DO.exitCode();
      }
      TrainStage.Outcome trained = clock.stage("train", this::train);
      AdapterManifest manifest = trained.manifest();
      if (trained instanceof TrainStage.Outcome.Registered) {
        System.out.println("Registered " + manifest.ref());
        return evaluate(manifest);
      }
      if (!report().exists(manifest)) {
        System.out.println(manifest.ref() + " was registered before, but not evaluated to the end");
        return evaluate(manifest);
      }
      System.out.println(
          "Nothing new: "
              + manifest.ref()
              + " was trained with these settings on dataset version "
              + manifest.dataset().version()
              + ". No row and no version was written.\n"
              + "To judge it again under other criteria: scripts/adapterworks evaluate with the"
              + " same --use-case");
      return ErrorCode.NOTHING_TO_DO.exitCode();
    }

    /**
     * Ingests and curates what is new and makes a dataset of it; false where there is nothing at
     * all.
     */
    private boolean prepare() {
      IngestOutcome ingested = clock.stage("ingest", this::ingest);
      System.out.println(Summaries.of(ingested));
      if (session.warehouse().tables().version(BronzeTable.SPEC).isEmpty()) {
        return false;
      }
      CurationOutcome curated = clock.stage("curate", this::curate);
      System.out.println(Summaries.of(curated));
      Summaries.mendable(session.warehouse().tables(), curated).forEach(System.out::println);
      if (DatasetStage.isFor(session.useCase())) {
        makeDataset();
      }
      return true;
    }

    private void makeDataset() {
      DatasetOutcome dataset = clock.stage("dataset", this::dataset);
      System.out.println(Summaries.of(dataset));
      if (dataset instanceof DatasetOutcome.Made) {
        System.out.println("Dataset card: " + clock.stage("card", this::card));
      }
    }

    private IngestOutcome ingest() {
      UseCase useCase = session.useCase();
      return new Ingest(session.warehouse().tables(), useCase.curation().maxLineBytes())
          .run(useCase.inputs(), session.identity().runId(), System.err::println);
    }

    private CurationOutcome curate() {
      UseCase useCase = session.useCase();
      return new Curation(session.warehouse().tables(), useCase.curation(), useCase.labels()).run();
    }

    private DatasetOutcome dataset() {
      return new DatasetStage(session.warehouse(), session.useCase()).run(System.err::println);
    }

    private String card() {
      return new DatasetCardFile(session.warehouse(), session.useCase()).write();
    }

    private TrainStage.Outcome train() {
      return new TrainStage(
              session.warehouse(),
              session.useCase(),
              session.identity(),
              new TrainingObservers(
                  List.of(
                      new TrainingProgress(System.err, Terminal.display()),
                      StopSignal.watch(System.err))))
          .runToBeEvaluated(System.err::println);
    }

    private EvaluationReportFile report() {
      return new EvaluationReportFile(session.warehouse(), session.useCase());
    }

    private int evaluate(AdapterManifest manifest) {
      if (GenerationSession.serves(manifest)) {
        return evaluateText(manifest);
      }
      EvaluateStage.Outcome outcome =
          clock.stage(
              "evaluate",
              () ->
                  new EvaluateStage(session.warehouse(), session.useCase(), session.identity())
                      .run(manifest, System.err::println));
      String file = clock.stage("report", () -> report().write(outcome));
      outcome.verdicts().forEach(verdict -> System.out.println("  " + verdict.describe()));
      System.out.printf(
          Locale.ROOT,
          "Accuracy %.2f %% on the test split%n%s%nReport: %s%nAsk it: scripts/adapterworks predict"
              + " --adapter %s \"TEXT\"%n",
          100 * outcome.evaluation().scores().accuracy().value(),
          EvaluationReportFile.decision(manifest, outcome.promotion()),
          file,
          manifest.ref());
      return EvaluateJob.exitCode(outcome.promotion());
    }

    private int evaluateText(AdapterManifest manifest) {
      TextEvaluationOutput.Evaluated evaluated =
          clock.stage("evaluate", () -> TextEvaluationOutput.Evaluated.of(session, manifest));
      evaluated.print();
      evaluated.printResult();
      return EvaluateJob.exitCode(evaluated.outcome().promotion());
    }
  }
}
