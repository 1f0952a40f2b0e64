package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.SharedFolder;
import io.adapterworks.TestSpark;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.gguf.GgufFile;
import io.adapterworks.pipeline.Warehouse;
import io.adapterworks.registry.AdapterDraft;
import io.adapterworks.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportJobTest {
  private static final String ENCODER = "builtin:all-minilm-l6-v2";

  @TempDir static Path folder;

  private static Path warehouse() {
    return folder.resolve("warehouse");
  }

  @BeforeAll
  static void publishAdapters() throws IOException {
    UntrainedAdapter.publish(warehouse(), "support-intents", ENCODER);
    String decoder = SharedFolder.require("fixtures/stories260K").toString();
    Path prepared = Files.createDirectory(folder.resolve("prepared"));
    AdapterDraft.Base base;
    try (BaseModel model = BaseModelReader.open(decoder)) {
      LoraConfig lora = LoraConfig.of(2, 4, List.of(LoraConfig.ALL_LINEAR));
      LoraAdapter adapter = LoraAdapter.initialise(model, lora, Optional.empty(), 7);
      float[] values = adapter.values();
      for (int i = 0; i < values.length; i++) {
        values[i] += 0.02f * (float) Math.sin(i);
      }
      PeftDirectory.write(prepared, adapter.withValues(values), model, DType.FLOAT32);
      base = new AdapterDraft.Base(decoder, model.fingerprint());
    }
    AdapterDraft draft =
        new AdapterDraft(
            "stories",
            new AdapterDraft.Task("generation", List.of(), "none", 512),
            new AdapterDraft.DatasetVersion("curated_examples", 3),
            base,
            new AdapterDraft.Training("float32", 7, "c0ffee", "0.1.0", "run-1"),
            Map.of());
    Warehouse.open(TestSpark.session(), warehouse().toString(), Clock.systemUTC())
        .registry()
        .publish(draft, prepared);
  }

  private static JobRun export(String adapter, String format, Path to, String... more)
      throws IOException {
    return JobRun.of(
        JobRun.installation(folder, warehouse().toString()),
        Stream.concat(
                Stream.of("adapters", "export", adapter, "--format", format, "--to", to.toString()),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private static Set<String> files(Path of) throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(of)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    return names;
  }

  @Test
  void aDecoderIsWrittenForLlamaCpp() throws IOException {
    Path to = folder.resolve("gguf");
    JobRun ran = export("stories@1", "gguf", to, "--precision", "q8_0");
    assertEquals(0, ran.exitCode(), ran::toString);
    assertEquals(new TreeSet<>(List.of("adapter.gguf", "base-q8_0.gguf")), files(to));
    assertEquals(
        "adapter", GgufFile.open(to.resolve("adapter.gguf")).metadata().text("general.type"));
    List<String> lines = ran.out().lines().toList();
    assertEquals(
        "Run them: llama-cli -m "
            + to.resolve("base-q8_0.gguf")
            + " --lora "
            + to.resolve("adapter.gguf"),
        lines.get(lines.size() - 1));
  }

  @Test
  void aDecoderIsWrittenMerged() throws IOException {
    JobRun one = export("stories@1", "gguf-merged", folder.resolve("one"));
    assertEquals(0, one.exitCode(), one::toString);
    assertEquals(new TreeSet<>(List.of("merged-f16.gguf")), files(folder.resolve("one")));
    JobRun huggingFace = export("stories@1", "merged", folder.resolve("merged"));
    assertEquals(0, huggingFace.exitCode(), huggingFace::toString);
    assertTrue(files(folder.resolve("merged")).contains("model.safetensors"));
  }

  @Test
  void anEncoderIsWrittenForPeftAndReadBackTheSame() throws IOException {
    Path to = folder.resolve("peft");
    JobRun ran = export("support-intents@1", "peft", to);
    assertEquals(0, ran.exitCode(), ran::toString);
    try (BaseModel base = BaseModelReader.open(ENCODER)) {
      Path stored = warehouse().resolve("adapters/support-intents/1");
      assertArrayEquals(
          PeftDirectory.read(stored, base).values(), PeftDirectory.read(to, base).values());
    }
  }

  @Test
  void whatCannotBeWrittenIsSaidAndNothingIsLeft() throws IOException {
    Path to = folder.resolve("refused");
    JobRun encoder = export("support-intents@1", "gguf", to);
    assertEquals(2, encoder.exitCode(), encoder::toString);
    assertEquals(
        "export: builtin:all-minilm-l6-v2 is a bert model; only adapters of decoders can be"
            + " exported as gguf; expected --format peft",
        encoder.messages().get(encoder.messages().size() - 1));
    assertFalse(Files.exists(to));

    Files.createDirectories(to);
    JobRun there = export("support-intents@1", "peft", to);
    assertEquals(1, there.exitCode(), there::toString);
    assertEquals(
        "export: " + to + " exists; expected a new folder; choose another name or remove it",
        there.messages().get(there.messages().size() - 1));

    JobRun format = export("stories@1", "onnx", folder.resolve("other"));
    assertEquals(2, format.exitCode(), format::toString);
    assertTrue(
        format.err().contains("'onnx' is no format; expected peft, merged, gguf or gguf-merged"),
        format::toString);
  }
}
