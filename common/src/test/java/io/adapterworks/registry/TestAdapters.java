package io.adapterworks.registry;

import io.adapterworks.registry.AdapterDraft.Base;
import io.adapterworks.registry.AdapterDraft.DatasetVersion;
import io.adapterworks.registry.AdapterDraft.Task;
import io.adapterworks.registry.AdapterDraft.Training;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/** Small adapters to publish: their files are text that says which they are. */
final class TestAdapters {
  static final Instant NOW = Instant.parse("2026-03-01T08:00:00Z");
  static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
  static final DatasetVersion DATASET = new DatasetVersion("curated_examples", 4);

  private TestAdapters() {}

  static AdapterDraft draft(String configHash) {
    return new AdapterDraft(
        "support-intents",
        new Task("classification", List.of("card_lost", "other"), "mean", 128),
        DATASET,
        new Base("builtin:all-minilm-l6-v2", "sha256:00ff"),
        new Training("float32", 42, configHash, "0.1.0", "run-7"),
        Map.of("accuracy", 0.91, "macroF1", 0.9));
  }

  /** A folder with an adapter whose weights are {@code weights}. */
  static Path prepared(Path parent, String weights) {
    try {
      Path folder = Files.createDirectories(parent.resolve("prepared-" + weights));
      Files.writeString(folder.resolve("adapter_config.json"), "{}");
      Files.writeString(folder.resolve("adapter_model.safetensors"), weights);
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
