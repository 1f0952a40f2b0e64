package io.adapterworks.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Adapter versions as lines for people and as JSON for programs. */
public final class AdapterText {
  private AdapterText() {}

  /** One line for each version, oldest first, under a heading; the aliases stand at the end. */
  public static List<String> list(
      List<AdapterManifest> versions, Map<String, Map<String, Integer>> aliasesByName) {
    List<String> lines = new ArrayList<>();
    String row = "%-28s %7s  %-20s %8s %8s  %-24s %s";
    lines.add(
        row.formatted(
            "ADAPTER", "VERSION", "CREATED (UTC)", "ACCURACY", "MACRO-F1", "DATASET", "ALIASES"));
    for (AdapterManifest version : versions) {
      lines.add(
          row.formatted(
                  version.name(),
                  version.version(),
                  version.createdAt().toString().replace("T", " ").replaceAll("(\\.\\d+)?Z$", ""),
                  metric(version, "accuracy"),
                  metric(version, "macroF1"),
                  version.dataset().table() + "@" + version.dataset().version(),
                  String.join(
                      ", ", aliases(version, aliasesByName.getOrDefault(version.name(), Map.of()))))
              .stripTrailing());
    }
    return lines;
  }

  /** The aliases that point at a version. */
  private static List<String> aliases(AdapterManifest version, Map<String, Integer> aliases) {
    return aliases.entrySet().stream()
        .filter(alias -> alias.getValue() == version.version())
        .map(Map.Entry::getKey)
        .toList();
  }

  private static String metric(AdapterManifest version, String name) {
    Double value = version.metrics().get(name);
    return value == null ? "-" : String.format(Locale.ROOT, "%.4f", value);
  }

  /** Everything about one version, and the history of the adapter's aliases. */
  public static List<String> show(AdapterManifest manifest, List<AliasMove> history) {
    List<String> lines = new ArrayList<>();
    lines.add(manifest.ref().toString());
    line(lines, "task", manifest.task().kind());
    line(
        lines,
        "labels",
        manifest.task().labels().size() + ": " + String.join(", ", manifest.task().labels()));
    line(lines, "pooling", manifest.task().pooling());
    line(lines, "longest text", manifest.task().maxTokens() + " tokens");
    line(lines, "dataset", manifest.dataset().table() + " version " + manifest.dataset().version());
    line(lines, "base", manifest.base().location());
    line(lines, "fingerprint", manifest.base().fingerprint());
    line(lines, "number type", manifest.training().dtype());
    line(lines, "seed", String.valueOf(manifest.training().seed()));
    line(lines, "configuration", manifest.training().configHash());
    line(lines, "code", manifest.training().codeVersion());
    line(lines, "run", manifest.training().runId());
    line(lines, "created", manifest.createdAt().toString());
    manifest
        .metrics()
        .forEach((name, value) -> line(lines, name, String.format(Locale.ROOT, "%.4f", value)));
    manifest.files().forEach((name, digest) -> line(lines, name, "sha256 " + digest));
    for (AliasMove move : history) {
      lines.add(
          "%s  %s: %s -> %d by %s; %s"
              .formatted(
                  move.at(),
                  move.alias(),
                  move.previous().isPresent() ? String.valueOf(move.previous().getAsInt()) : "none",
                  move.version(),
                  move.by(),
                  move.reason()));
    }
    return lines;
  }

  private static void line(List<String> lines, String name, String value) {
    lines.add("  %-26s %s".formatted(name, value));
  }

  /** The manifest with the aliases that point at it now. */
  public static ObjectNode json(AdapterManifest manifest, Map<String, Integer> aliases) {
    ObjectNode json = ManifestFile.tree(manifest);
    aliases(manifest, aliases).forEach(json.putArray("aliases")::add);
    return json;
  }
}
