package io.adapterworks.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BertConfig;
import io.adapterworks.model.RandomModel;
import io.adapterworks.model.SafetensorsWriter;
import io.adapterworks.tensor.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters whose files or base model are not what they were when they were registered. */
class FaultyAdapterJobsTest {
  private static final BertConfig SMALL =
      new BertConfig(8, 1, 2, 16, 40, 16, 2, 1e-12f, Optional.empty());

  @TempDir Path folder;
  private Path conf;

  @BeforeEach
  void install() throws IOException {
    conf = JobRun.installation(folder, warehouse().toString());
  }

  private Path warehouse() {
    return folder.resolve("warehouse");
  }

  private Path version() {
    return warehouse().resolve("adapters/desk-intents/1");
  }

  /** A base model of random weights, each times {@code factor}. */
  private Path base(float factor) throws IOException {
    Path base = Files.createDirectories(folder.resolve("base"));
    Files.writeString(
        base.resolve("config.json"),
        """
        {"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
         "intermediate_size": 16, "vocab_size": 40, "max_position_embeddings": 16,
         "type_vocab_size": 2, "layer_norm_eps": 1e-12}
        """);
    try (BaseModel model = RandomModel.of(SMALL)) {
      List<HostTensor> tensors =
          model.weights().values().stream().map(tensor -> times(tensor, factor)).toList();
      SafetensorsWriter.write(
          base.resolve("model.safetensors"), tensors, SafetensorsWriter.PYTORCH);
    }
    return base;
  }

  private static HostTensor times(HostTensor tensor, float factor) {
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return HostTensor.of(tensor.name(), tensor.shape(), values);
  }

  private void assertRefused(String message) {
    JobRun ran = JobRun.of(conf, "predict", "--adapter", "desk-intents@1", "hello");
    assertEquals(1, ran.exitCode(), ran::toString);
    assertEquals(List.of(message), ran.messages());
  }

  @Test
  void anAdapterOfAnotherBase() throws IOException {
    Path base = base(1);
    UntrainedAdapter.publish(warehouse(), "desk-intents", base.toString());
    String manifest = Files.readString(version().resolve("manifest.json"));
    String fingerprint = manifest.replaceAll("(?s).*\"fingerprint\" : \"([^\"]+)\".*", "$1");
    base(2);
    JobRun ran = JobRun.of(conf, "predict", "--adapter", "desk-intents@1", "hello");
    assertEquals(1, ran.exitCode(), ran::toString);
    assertEquals(1, ran.messages().size(), ran::toString);
    assertTrue(
        ran.messages()
            .get(0)
            .startsWith(
                "predict: "
                    + version()
                    + " was trained on a base model with the fingerprint "
                    + fingerprint
                    + ", but "
                    + base
                    + " has "),
        ran::toString);
    assertTrue(
        ran.messages().get(0).endsWith("; use the base model it was trained on"), ran::toString);
  }

  @Test
  void aBaseModelThatWasMoved() throws IOException {
    Path base = base(1);
    UntrainedAdapter.publish(warehouse(), "desk-intents", base.toString());
    Files.move(base, folder.resolve("moved"));
    assertRefused(
        "predict: base model %1$s: there is no %1$s/config.json; expected a directory in Hugging"
                .formatted(base)
            + " Face layout (config.json, model.safetensors or model.safetensors.index.json,"
            + " tokenizer.json), or builtin:all-minilm-l6-v2");
  }

  @Test
  void weightsThatWereCutShort() throws IOException {
    UntrainedAdapter.publish(warehouse(), "desk-intents", base(1).toString());
    Path weights = version().resolve("adapter_model.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(whole, whole.length / 2));
    assertRefused(
        "predict: "
            + weights
            + " is changed; expected the file that was published as desk-intents@1; restore it or"
            + " use another version");
  }

  @Test
  void aFileThatIsGone() throws IOException {
    UntrainedAdapter.publish(warehouse(), "desk-intents", base(1).toString());
    Path head = version().resolve("head.safetensors");
    Files.delete(head);
    assertRefused(
        "predict: "
            + head
            + " is missing; expected the file that was published as desk-intents@1; restore it or"
            + " use another version");
  }

  @Test
  void aManifestThatIsNone() throws IOException {
    UntrainedAdapter.publish(warehouse(), "desk-intents", base(1).toString());
    Path manifest = version().resolve("manifest.json");
    Files.writeString(manifest, "{\"format\": 1");
    JobRun ran = JobRun.of(conf, "adapters", "show", "desk-intents@1");
    assertEquals(1, ran.exitCode(), ran::toString);
    assertEquals(1, ran.messages().size(), ran::toString);
    assertTrue(
        ran.messages().get(0).startsWith("show: " + manifest + ":1 is no adapter manifest: "),
        ran::toString);
    assertTrue(
        ran.messages().get(0).endsWith("; publish the adapter again rather than edit it"),
        ran::toString);
  }
}
