package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.EvaluationSummary;
import io.adapterworks.evaluate.LabelledFile;
import io.adapterworks.pipeline.EvaluateStage;
import io.adapterworks.pipeline.EvaluationReportFile;
import io.adapterworks.pipeline.FileEvaluation;
import io.adapterworks.pipeline.GenerationSession;
import io.adapterworks.pipeline.Preflight;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.AdapterRef;
import io.adapterworks.registry.AdapterRegistry;
import io.adapterworks.registry.Promotion;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code evaluate}: tests a registered adapter. */
@Command(
    name = "evaluate",
    description = {
      "Tests a registered adapter.",
      "With --data: on a labelled CSV file; prints, and writes nothing.",
      "Without, for a --use-case: on the test split of its dataset version, against the untrained"
          + " base and the champion; writes the table evaluations and the report, and moves the"
          + " alias champion if the use case's criteria are met."
    },
    mixinStandardHelpOptions = true)
final class EvaluateJob implements Callable<Integer> {
  private static final int SKIPPED_TOLD = 20;

  @Mixin private SettingsOptions settings;

  @Option(
      names = "--adapter",
      paramLabel = "NAME@VERSION",
      description = "NAME@3, or NAME@champion; default: the newest version of the use case.")
  private String adapter;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "A CSV file with a header, in UTF-8.")
  private Path data;

  @Option(
      names = "--text",
      paramLabel = "COLUMN",
      description = "The file's column with the text; default: text.")
  private String text;

  @Option(
      names = "--label",
      paramLabel = "COLUMN",
      description = "The file's column with the label; default: label, or category.")
  private String label;

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Override
  public Integer call() {
    Optional<AdapterRef> ref = Optional.ofNullable(adapter).map(AdapterRef::parse);
    Check.that(
        data == null || ref.isPresent(),
        ErrorCode.USAGE,
        "--data needs --adapter; expected NAME@VERSION or NAME@ALIAS");
    Check.that(
        data != null || (text == null && label == null),
        ErrorCode.USAGE,
        "--text and --label name columns of a file; expected --data FILE beside them");
    if (data != null) {
      return onFile(ref.orElseThrow());
    }
    try (JobSession session = JobSession.open(settings, "evaluate", Preflight::warehouse)) {
      return onTestSplit(session, ref);
    }
  }

  /** The file is read first: what is wrong with it is said before Spark starts. */
  private int onFile(AdapterRef ref) {
    LabelledFile file =
        LabelledFile.read(
            data, new LabelledFile.Columns(Optional.ofNullable(text), Optional.ofNullable(label)));
    FileEvaluation.Result result;
    try (JobSession session = JobSession.open(settings, "evaluate")) {
      result =
          new FileEvaluation(session.warehouse().registry(), session.useCase().engine())
              .run(ref, data, file);
    }
    String model = result.manifest().ref().toString();
    List<LabelledFile.Skipped> skipped = file.skipped();
    if (json) {
      ObjectNode object = EvaluationSummary.json(model, result.data(), result.evaluation());
      System.out.println(object.put("skippedRows", skipped.size()));
    } else {
      EvaluationSummary.lines(model, result.data(), result.evaluation())
          .forEach(System.out::println);
    }
    skipped.stream()
        .limit(SKIPPED_TOLD)
        .forEach(row -> System.err.println(data + ":" + row.line() + ": skipped, " + row.reason()));
    if (skipped.size() > SKIPPED_TOLD) {
      System.err.println("and " + (skipped.size() - SKIPPED_TOLD) + " more rows skipped");
    }
    return 0;
  }

  private int onTestSplit(JobSession session, Optional<AdapterRef> ref) {
    String name = session.useCase().adapterName();
    Check.that(
        ref.isEmpty() || ref.get().name().equals(name),
        ErrorCode.USAGE,
        "--adapter %s is not of the use case %s, whose criteria would judge it; name its use case",
        adapter,
        name);
    AdapterRegistry registry = session.warehouse().registry();
    AdapterManifest manifest = ref.map(registry::resolve).orElseGet(() -> registry.newest(name));
    if (GenerationSession.serves(manifest)) {
      return onTestSplit(TextEvaluationOutput.Evaluated.of(session, manifest));
    }
    EvaluateStage.Outcome outcome =
        new EvaluateStage(session.warehouse(), session.useCase(), session.identity())
            .run(manifest, System.err::println);
    String report = new EvaluationReportFile(session.warehouse(), session.useCase()).write(outcome);
    String model = manifest.ref().toString();
    if (json) {
      System.out.println(
          EvaluationSummary.json(model, outcome.data(), outcome.evaluation())
              .put("report", report));
    } else {
      EvaluationSummary.lines(model, outcome.data(), outcome.evaluation())
          .forEach(System.out::println);
      outcome.verdicts().forEach(verdict -> System.out.println("  " + verdict.describe()));
      System.out.println(EvaluationReportFile.decision(manifest, outcome.promotion()));
      System.out.println("Report: " + report);
    }
    return exitCode(outcome.promotion());
  }

  private int onTestSplit(TextEvaluationOutput.Evaluated evaluated) {
    if (json) {
      evaluated.printJson();
    } else {
      evaluated.print();
    }
    return exitCode(evaluated.outcome().promotion());
  }

  /** 0, or 4 where the gate refused the alias. */
  static int exitCode(Promotion promotion) {
    return promotion instanceof Promotion.Refused ? ErrorCode.REFUSED.exitCode() : 0;
  }
}
