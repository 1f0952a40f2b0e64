package io.adapterworks.jobs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.adapterworks.TestSpark;
import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pipeline.Warehouse;
import io.adapterworks.registry.AdapterDraft;
import io.adapterworks.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Registers an adapter that was never trained, which is enough to ask: its head is random. */
final class UntrainedAdapter {
  static final List<String> LABELS = List.of("card_lost", "other");

  private UntrainedAdapter() {}

  /** Publishes the next version of {@code name} on the base model at {@code location}. */
  static void publish(Path warehouse, String name, String location) throws IOException {
    Config defaults = ConfigFactory.parseResources("reference.conf").resolve();
    Path prepared = Files.createTempDirectory(warehouse.getParent(), "prepared");
    AdapterDraft.Base base;
    try (BaseModel model = BaseModelReader.open(location)) {
      LoraConfig lora = ConfigReader.read(defaults, "lora", LoraConfig.class);
      Head head = new Head(LABELS.size(), Head.Pooling.MEAN);
      PeftDirectory.write(
          prepared,
          LoraAdapter.initialise(model, lora, Optional.of(head), 7),
          model,
          DType.FLOAT32);
      base = new AdapterDraft.Base(location, model.fingerprint());
    }
    AdapterDraft draft =
        new AdapterDraft(
            name,
            new AdapterDraft.Task("classification", LABELS, "mean", 64),
            new AdapterDraft.DatasetVersion("curated_examples", 3),
            base,
            new AdapterDraft.Training("float32", 7, "c0ffee", "0.1.0", "run-1"),
            Map.of("accuracy", 0.5));
    Clock clock = Clock.fixed(Instant.parse("2026-03-01T08:00:00Z"), ZoneOffset.UTC);
    Warehouse.open(TestSpark.session(), warehouse.toString(), clock)
        .registry()
        .publish(draft, prepared);
  }
}
