package io.adapterworks.jobs;

import io.adapterworks.pipeline.DatasetCardFile;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code card}: writes the card of the newest dataset version. */
@Command(
    name = "card",
    description = "Writes the card of the newest dataset version, as HTML and Markdown.",
    mixinStandardHelpOptions = true)
final class CardJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Override
  public Integer call() {
    try (JobSession session = JobSession.open(settings, "card")) {
      System.out.println(
          "Dataset card: " + new DatasetCardFile(session.warehouse(), session.useCase()).write());
      return 0;
    }
  }
}
