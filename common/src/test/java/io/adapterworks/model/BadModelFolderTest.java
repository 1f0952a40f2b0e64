package io.adapterworks.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.SharedFolder;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with a model's folder is said with file, tensor, expected and found. */
class BadModelFolderTest {
  private static final String GATE = "model.layers.1.mlp.gate_proj.weight";

  @TempDir Path folder;

  private Path weights;

  @BeforeEach
  void copyAModel() throws IOException {
    Path source = SharedFolder.require("fixtures/llama-tiny");
    weights = folder.resolve("model.safetensors");
    Files.write(folder.resolve("config.json"), Files.readAllBytes(source.resolve("config.json")));
    Files.write(weights, Files.readAllBytes(source.resolve("model.safetensors")));
  }

  private Map<String, HostTensor> tensors() {
    return new TreeMap<>(
        SafetensorsFile.open(SharedFolder.require("fixtures/llama-tiny/model.safetensors"))
            .tensors());
  }

  private String refusal() {
    return assertThrows(AdapterworksException.class, () -> BaseModelReader.open(folder.toString()))
        .getMessage();
  }

  @Test
  void aMissingTensorIsNamed() {
    Map<String, HostTensor> tensors = tensors();
    tensors.remove(GATE);
    SafetensorsWriter.write(weights, tensors.values(), Map.of());
    assertEquals(folder + " has no tensor " + GATE + ", which a llama model needs", refusal());
  }

  @Test
  void aMisshapenTensorIsNamedWithBothShapes() {
    Map<String, HostTensor> tensors = tensors();
    Shape expected = tensors.get(GATE).shape();
    tensors.put(GATE, HostTensor.of(GATE, Shape.of(3, 5), new float[15]));
    SafetensorsWriter.write(weights, tensors.values(), Map.of());
    assertEquals(
        folder
            + ": tensor "
            + GATE
            + " has the shape (3, 5); expected "
            + expected
            + " by config.json",
        refusal());
  }

  @Test
  void aTruncatedFileIsNamed() throws IOException {
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(whole, whole.length - 10));
    assertTrue(refusal().startsWith(weights + ": tensor "), refusal());
    assertTrue(refusal().endsWith("; is it cut short?"), refusal());
  }

  @Test
  void anAdapterForOtherModulesNamesItsFileAndTheModelsLayers() throws IOException {
    Path encoders = Files.createDirectories(folder.resolve("adapter"));
    Path source = SharedFolder.require("fixtures/bert-tiny/adapter_end/adapter_model.safetensors");
    Files.write(encoders.resolve("adapter_model.safetensors"), Files.readAllBytes(source));
    Files.writeString(
        encoders.resolve("adapter_config.json"),
        "{\"peft_type\":\"LORA\",\"r\":4,\"target_modules\":[\"query\"]}");
    try (BaseModel base = BaseModelReader.open(folder.toString())) {
      String message =
          assertThrows(AdapterworksException.class, () -> PeftDirectory.read(encoders, base))
              .getMessage();
      assertEquals(
          encoders.resolve("adapter_config.json")
              + " does not fit "
              + folder
              + ": lora.targetModules: query is no linear layer of this model; expected all-linear"
              + " or some of [self_attn.q_proj, self_attn.k_proj, self_attn.v_proj,"
              + " self_attn.o_proj, mlp.gate_proj, mlp.up_proj, mlp.down_proj]; is this the base"
              + " model that the adapter was trained on?",
          message);
    }
  }

  @Test
  void anAdapterOfAnotherWidthNamesTensorAndBothShapes() {
    Path other = SharedFolder.require("fixtures/llama3-rope-tiny/adapter_end");
    try (BaseModel base = BaseModelReader.open(folder.toString())) {
      String message =
          assertThrows(AdapterworksException.class, () -> PeftDirectory.read(other, base))
              .getMessage();
      assertTrue(
          message.startsWith(
              other.resolve("adapter_model.safetensors")
                  + ": tensor base_model.model.model.layers."),
          message);
      assertTrue(message.contains(" has the shape (4, "), message);
    }
  }
}
