package io.adapterworks.jobs;

import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.AdapterRef;
import io.adapterworks.registry.AdapterRegistry;
import io.adapterworks.registry.AdapterText;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code adapters}: what is registered, and a way out for it. */
@Command(
    name = "adapters",
    description = "Tells what adapters are registered, and exports them.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "(list | show | export)",
    subcommands = {AdaptersJob.ListJob.class, AdaptersJob.ShowJob.class, ExportJob.class})
final class AdaptersJob {

  /** {@code adapters list}: every version of every adapter. */
  @Command(
      name = "list",
      description = "Every version of every adapter, with its metrics and aliases.",
      mixinStandardHelpOptions = true)
  static final class ListJob implements Callable<Integer> {
    @Mixin private SettingsOptions settings;

    @Option(names = "--json", description = "One JSON object a line.")
    private boolean json;

    @Override
    public Integer call() {
      try (JobSession session = JobSession.open(settings, "adapters-list")) {
        AdapterRegistry registry = session.warehouse().registry();
        List<String> names = registry.names();
        if (names.isEmpty() && !json) {
          System.out.println(
              "No adapters in " + session.warehouse().directory() + " yet; the job run makes one.");
          return 0;
        }
        Map<String, Map<String, Integer>> aliases =
            names.stream().collect(Collectors.toMap(name -> name, registry::aliases));
        List<AdapterManifest> versions =
            names.stream().flatMap(name -> registry.versions(name).stream()).toList();
        if (json) {
          versions.forEach(
              version ->
                  System.out.println(AdapterText.json(version, aliases.get(version.name()))));
        } else {
          AdapterText.list(versions, aliases).forEach(System.out::println);
        }
      }
      return 0;
    }
  }

  /** {@code adapters show}: everything about one version. */
  @Command(
      name = "show",
      description = "Everything about one version: what made it, its metrics, its aliases.",
      mixinStandardHelpOptions = true)
  static final class ShowJob implements Callable<Integer> {
    @Mixin private SettingsOptions settings;

    @Option(names = "--json", description = "The manifest as one JSON object.")
    private boolean json;

    @Parameters(paramLabel = "NAME@VERSION", description = "NAME@3, or NAME@champion.")
    private String adapter;

    @Override
    public Integer call() {
      AdapterRef ref = AdapterRef.parse(adapter);
      try (JobSession session = JobSession.open(settings, "adapters-show")) {
        AdapterRegistry registry = session.warehouse().registry();
        AdapterManifest manifest = registry.resolve(ref);
        if (json) {
          System.out.println(
              AdapterText.json(manifest, registry.aliases(manifest.name())).toPrettyString());
        } else {
          AdapterText.show(manifest, registry.history(manifest.name()))
              .forEach(System.out::println);
        }
      }
      return 0;
    }
  }
}
