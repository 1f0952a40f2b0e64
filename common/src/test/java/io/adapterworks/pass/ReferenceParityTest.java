package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.SharedFolder;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The reference's numbers, from PyTorch 2.11 and PEFT 0.21 in float32, for every traced folder of
 * an architecture that is known here. {@code -Dfixtures.dir=FOLDER} names another folder of
 * folders.
 */
class ReferenceParityTest {
  private static final String FIXTURES = "fixtures.dir";

  @TempDir private Path scratch;

  @TestFactory
  Stream<DynamicTest> tracedFoldersAreReproduced() throws IOException {
    String named = System.getProperty(FIXTURES, "");
    Path fixtures = named.isBlank() ? SharedFolder.require("fixtures") : Path.of(named);
    List<Path> folders;
    try (Stream<Path> children = Files.list(fixtures)) {
      folders = children.filter(f -> Files.exists(f.resolve("trace.json"))).sorted().toList();
    }
    assertFalse(folders.isEmpty(), "no traced folder in " + fixtures);
    return folders.stream().flatMap(this::checks);
  }

  private Stream<DynamicTest> checks(Path folder) {
    String type = modelType(folder);
    return switch (type) {
      case "bert" -> encoder(folder);
      case "llama", "mistral", "qwen2", "qwen3" -> decoder(folder);
      default -> Stream.of();
    };
  }

  private Stream<DynamicTest> encoder(Path folder) {
    EncoderParity parity =
        new EncoderParity(new ReferenceFixture(folder), ReferenceParityTest::cpuInFloat32);
    String name = folder.getFileName() + ": ";
    return Stream.of(
        dynamicTest(name + "base logits and hidden states", parity::baseLogits),
        dynamicTest(
            name + "start logits", () -> parity.logits("adapter_start", "start_logits", 1e-4)),
        dynamicTest(name + "end logits", () -> parity.logits("adapter_end", "end_logits", 1e-4)),
        dynamicTest(name + "gradients", parity::gradients),
        dynamicTest(
            name + "20 steps of AdamW", () -> parity.trace(scratch.resolve(folder.getFileName()))));
  }

  private Stream<DynamicTest> decoder(Path folder) {
    ReferenceFixture fixture = new ReferenceFixture(folder);
    DecoderParity parity = new DecoderParity(fixture, ReferenceParityTest::cpuInFloat32);
    String name = folder.getFileName() + ": ";
    return Stream.of(
        dynamicTest(name + "base logits", parity::baseLogits),
        dynamicTest(
            name + "start logits", () -> parity.logits("adapter_start", "start_logits", 1e-4)),
        dynamicTest(name + "end logits", () -> parity.logits("adapter_end", "end_logits", 1e-4)),
        dynamicTest(name + "gradients", () -> parity.gradients(PassOptions.DEFAULT)),
        dynamicTest(
            name + "recomputed gradients", () -> parity.gradients(PassOptions.RECOMPUTE_ALL)),
        dynamicTest(
            name + "gradients with one layer recomputed",
            () -> parity.gradients(PassOptions.of(PassOptions.DEFAULT.weights(), 1))),
        dynamicTest(
            name + "20 steps of AdamW", () -> parity.trace(scratch.resolve(folder.getFileName()))),
        dynamicTest(name + "greedy tokens", parity::greedyTokens),
        dynamicTest(name + "merged logits", () -> parity.mergedLogits(scratch)));
  }

  private static Engine cpuInFloat32() {
    return EngineFactory.open(
        new EngineSettings(EngineSettings.Device.CPU, EngineSettings.ComputeType.FLOAT32, 0));
  }

  private static String modelType(Path folder) {
    try {
      return new ObjectMapper()
          .readTree(folder.resolve("config.json").toFile())
          .path("model_type")
          .asText();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
