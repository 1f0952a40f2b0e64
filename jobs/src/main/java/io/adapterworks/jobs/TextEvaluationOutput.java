package io.adapterworks.jobs;

import io.adapterworks.evaluate.TextEvaluationSummary;
import io.adapterworks.evaluate.TextMetric;
import io.adapterworks.pipeline.EvaluationReportFile;
import io.adapterworks.pipeline.TextEvaluateStage;
import io.adapterworks.registry.AdapterManifest;
import java.util.Locale;

/** Evaluates a generating adapter and tells people or programs how it went. */
final class TextEvaluationOutput {
  private TextEvaluationOutput() {}

  /** Runs the evaluation and writes its report; {@code report} gets its place. */
  record Evaluated(TextEvaluateStage.Outcome outcome, String report) {
    static Evaluated of(JobSession session, AdapterManifest manifest) {
      TextEvaluateStage.Outcome outcome =
          new TextEvaluateStage(session.warehouse(), session.useCase(), session.identity())
              .run(manifest);
      String report =
          new EvaluationReportFile(session.warehouse(), session.useCase()).write(outcome);
      return new Evaluated(outcome, report);
    }

    /** Lines for people. */
    void print() {
      String model = outcome.manifest().ref().toString();
      TextEvaluationSummary.lines(model, outcome.data(), outcome.evaluation())
          .forEach(System.out::println);
      outcome.verdicts().forEach(verdict -> System.out.println("  " + verdict.describe()));
      System.out.println(EvaluationReportFile.decision(outcome.manifest(), outcome.promotion()));
      System.out.println("Report: " + report);
    }

    /** One JSON object for programs. */
    void printJson() {
      String model = outcome.manifest().ref().toString();
      System.out.println(
          TextEvaluationSummary.json(model, outcome.data(), outcome.evaluation())
              .put("report", report));
    }

    /** The result in a line, and how to ask the adapter. */
    void printResult() {
      System.out.printf(
          Locale.ROOT,
          "Perplexity %.3f of the base's on the test split%nAsk it: scripts/adapterworks predict"
              + " --adapter %s \"TEXT\"%n",
          TextMetric.PERPLEXITY_RATIO.of(outcome.evaluation()),
          outcome.manifest().ref());
    }
  }
}
