package io.adapterworks.jobs;

import com.typesafe.config.Config;
import io.adapterworks.config.Settings;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** The options every job shares: where its configuration comes from. */
final class SettingsOptions {
  @Option(
      names = "--conf",
      paramLabel = "FILE",
      description = "Settings of this installation; default: conf/adapterworks.conf.")
  private Path conf;

  @Option(
      names = "--use-case",
      paramLabel = "FILE",
      description = "The use case: inputs, labels, KPIs, base model, LoRA settings.")
  private Path useCase;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides one setting, for example --set lora.rank=16; may be repeated.")
  private List<String> overrides = List.of();

  /** The folder that a use case's relative paths start from. */
  Path folder() {
    Path parent = useCase == null ? null : useCase.toAbsolutePath().normalize().getParent();
    return parent == null ? Path.of("").toAbsolutePath() : parent;
  }

  /** Everything laid over each other: defaults, installation, use case, overrides. */
  Config load() {
    Path installation =
        conf != null
            ? conf
            : Path.of(System.getProperty("adapterworks.root", "."), "conf", "adapterworks.conf");
    return Settings.load(installation, java.util.Optional.ofNullable(useCase), overrides);
  }
}
