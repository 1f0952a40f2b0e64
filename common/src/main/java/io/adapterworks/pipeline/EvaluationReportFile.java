package io.adapterworks.pipeline;

import io.adapterworks.evaluate.report.EvaluationReport;
import io.adapterworks.evaluate.report.Fact;
import io.adapterworks.evaluate.report.ReportFrame;
import io.adapterworks.evaluate.report.ReportInput;
import io.adapterworks.evaluate.report.TextReport;
import io.adapterworks.evaluate.report.TrainingCurve;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.Promotion;
import io.adapterworks.table.StorageFailures;
import io.adapterworks.table.WarehouseFiles;
import io.adapterworks.train.TrainingMetricsTable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Writes the report of an evaluation under the warehouse's folder {@code reports}. */
public final class EvaluationReportFile {
  private final Warehouse warehouse;
  private final UseCase useCase;

  public EvaluationReportFile(Warehouse warehouse, UseCase useCase) {
    this.warehouse = warehouse;
    this.useCase = useCase;
  }

  /** Writes {@code reports/NAME-VERSION.html} and returns where it lies. */
  public String write(EvaluateStage.Outcome outcome) {
    AdapterManifest manifest = outcome.manifest();
    ReportInput input =
        new ReportInput(
            manifest.ref().toString(),
            useCase.purpose(),
            warehouse.clock().instant(),
            outcome.data(),
            outcome.evaluation(),
            outcome.verdicts(),
            Optional.of(decision(manifest, outcome.promotion())),
            curve(manifest),
            facts(manifest));
    return write(manifest, EvaluationReport.render(input));
  }

  /** As {@link #write(EvaluateStage.Outcome)}, of an adapter that generates. */
  public String write(TextEvaluateStage.Outcome outcome) {
    AdapterManifest manifest = outcome.manifest();
    ReportFrame frame =
        new ReportFrame(
            manifest.ref().toString(),
            useCase.purpose(),
            warehouse.clock().instant(),
            outcome.data(),
            outcome.verdicts(),
            Optional.of(decision(manifest, outcome.promotion())),
            curve(manifest),
            facts(manifest));
    return write(manifest, TextReport.render(frame, outcome.evaluation()));
  }

  private String write(AdapterManifest manifest, String html) {
    Path file = path(manifest);
    try (OutputStream out = WarehouseFiles.of(file, hadoop()).create(file, true)) {
      out.write(html.getBytes(StandardCharsets.UTF_8));
    } catch (IOException failure) {
      throw StorageFailures.explain(
          "write the report " + file, "the version and its evaluation are kept", failure);
    }
    return file.toString();
  }

  /**
   * Whether the version has its report: it is written last, so an evaluation that was killed has
   * none.
   */
  public boolean exists(AdapterManifest manifest) {
    Path file = path(manifest);
    try {
      return WarehouseFiles.of(file, hadoop()).exists(file);
    } catch (IOException failure) {
      throw StorageFailures.explain("look for the report " + file, "nothing was changed", failure);
    }
  }

  private Path path(AdapterManifest manifest) {
    return new Path(
        new Path(warehouse.directory(), "reports"),
        manifest.name() + "-" + manifest.version() + ".html");
  }

  private Configuration hadoop() {
    return warehouse.tables().spark().sparkContext().hadoopConfiguration();
  }

  /** What became of the version, in a sentence. */
  public static String decision(AdapterManifest manifest, Promotion promotion) {
    return switch (kind(promotion)) {
      case PROMOTED -> manifest.ref() + " is champion now.";
      case ALREADY -> manifest.ref() + " was champion already.";
      case REFUSED ->
          manifest.ref()
              + " stays a candidate: "
              + String.join("; ", ((Promotion.Refused) promotion).reasons())
              + ".";
    };
  }

  private enum Kind {
    PROMOTED,
    ALREADY,
    REFUSED
  }

  private static Kind kind(Promotion promotion) {
    if (promotion instanceof Promotion.Promoted) {
      return Kind.PROMOTED;
    }
    return promotion instanceof Promotion.Refused ? Kind.REFUSED : Kind.ALREADY;
  }

  private Optional<TrainingCurve> curve(AdapterManifest manifest) {
    String runId = manifest.training().runId();
    List<TrainingCurve.Point> loss = points(runId, TrainingMetricsTable.LOSS);
    return loss.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new TrainingCurve(loss, points(runId, TrainingMetricsTable.VALIDATION_ACCURACY)));
  }

  private List<TrainingCurve.Point> points(String runId, String metric) {
    return TrainingMetricsTable.read(warehouse.tables(), runId, metric).stream()
        .map(value -> new TrainingCurve.Point(value.step(), value.value()))
        .toList();
  }

  private List<Fact> facts(AdapterManifest manifest) {
    return List.of(
        new Fact(
            "Dataset", manifest.dataset().table() + " version " + manifest.dataset().version()),
        new Fact("Base model", manifest.base().location()),
        new Fact("Base fingerprint", manifest.base().fingerprint()),
        new Fact(
            "Adapter",
            "LoRA rank "
                + useCase.lora().rank()
                + ", alpha "
                + useCase.lora().alpha()
                + " on "
                + String.join(", ", useCase.lora().targetModules())),
        new Fact("Number type", manifest.training().dtype()),
        new Fact("Seed", Long.toString(manifest.training().seed())),
        new Fact("Configuration", manifest.training().configHash()),
        new Fact("Code", manifest.training().codeVersion()),
        new Fact("Training run", manifest.training().runId()));
  }
}
