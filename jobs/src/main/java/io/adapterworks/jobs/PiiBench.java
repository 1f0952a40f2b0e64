package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.bench.PiiBenchmark;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.curate.CurationConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench pii}: recall and precision of each kind of personal data on gold spans. */
@Command(
    name = "pii",
    description = "Finds personal data in texts with gold spans; recall and precision by type.",
    mixinStandardHelpOptions = true)
final class PiiBench implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "JSON array of full_text and spans, as presidio-research writes it.")
  private Path data;

  @Option(
      names = "--examples",
      paramLabel = "N",
      defaultValue = "0",
      description = "Errors to show of each type; default: ${DEFAULT-VALUE}.")
  private int examples;

  @Override
  public Integer call() {
    CurationConfig config = ConfigReader.read(settings.load(), "curation", CurationConfig.class);
    List<PiiBenchmark.Score> scores = new PiiBenchmark(config.pii()).run(data, examples);
    ObjectNode line = new ObjectMapper().createObjectNode().put("benchmark", "pii");
    System.out.printf("%-14s %6s %7s %9s %6s%n", "type", "spans", "recall", "precision", "F2");
    for (PiiBenchmark.Score score : scores) {
      System.out.printf(
          Locale.ROOT,
          "%-14s %6d %7.3f %9.3f %6.3f%n",
          score.type(),
          score.spans(),
          score.recall(),
          score.precision(),
          score.f2());
      score.examples().forEach(example -> System.out.println("    " + example));
      line.putObject(score.type().name())
          .put("spans", score.spans())
          .put("recall", score.recall())
          .put("precision", score.precision())
          .put("f2", score.f2());
    }
    System.out.println(line);
    return 0;
  }
}
