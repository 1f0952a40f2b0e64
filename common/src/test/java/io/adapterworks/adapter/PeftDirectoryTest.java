package io.adapterworks.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.SharedFolder;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.JsonFields;
import io.adapterworks.model.SafetensorsFile;
import io.adapterworks.model.SafetensorsWriter;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeftDirectoryTest {
  @TempDir Path temporary;

  @TestFactory
  List<DynamicTest> everyAdapterOfTheFixturesIsSavedAsItWas() throws IOException {
    Path fixtures = SharedFolder.require("fixtures");
    try (Stream<Path> folders = Files.list(fixtures)) {
      return folders
          .filter(folder -> Files.isDirectory(folder.resolve("adapter_end")))
          .sorted()
          .map(
              folder ->
                  DynamicTest.dynamicTest(
                      folder.getFileName().toString(), () -> assertRoundTrip(folder)))
          .toList();
    }
  }

  private void assertRoundTrip(Path folder) throws IOException {
    Path source = folder.resolve("adapter_end");
    Path saved = temporary.resolve(folder.getFileName());
    try (BaseModel base = BaseModelReader.open(folder.toString())) {
      LoraAdapter adapter = PeftDirectory.read(source, base);
      PeftDirectory.write(saved, adapter, base, DType.FLOAT32);
    }
    SafetensorsFile before = SafetensorsFile.open(source.resolve(PeftDirectory.WEIGHTS));
    SafetensorsFile after = SafetensorsFile.open(saved.resolve(PeftDirectory.WEIGHTS));
    assertEquals(before.tensors().keySet(), after.tensors().keySet());
    for (HostTensor tensor : before.tensors().values()) {
      assertEquals(tensor, after.tensor(tensor.name()));
    }
    assertEquals(before.metadata(), after.metadata());
    JsonNode expected = JsonFields.read(source.resolve(PeftDirectory.CONFIG)).node();
    assertEquals(expected, JsonFields.read(saved.resolve(PeftDirectory.CONFIG)).node());
  }

  @Test
  void aNewAdapterOfTheBuiltinModelIsReadBackWithItsHead() {
    LoraConfig config = LoraConfig.of(4, 8, List.of("query", "value"));
    try (BaseModel base = BaseModelReader.open("builtin:all-minilm-l6-v2")) {
      Head head = new Head(5, Head.Pooling.MEAN);
      LoraAdapter adapter = LoraAdapter.initialise(base, config, Optional.of(head), 7);
      PeftDirectory.write(temporary, adapter, base, DType.FLOAT32);
      LoraAdapter read = PeftDirectory.read(temporary, base);
      assertEquals(config, read.config());
      assertEquals(head, read.layout().head().orElseThrow().head());
      assertArrayEquals(adapter.values(), read.values());
      assertEquals(6 * 2 * 2 * 4 * 384 + 5 * 384 + 5, read.layout().size());
      assertEquals(
          "base_model.model.encoder.layer.0.attention.self.query.lora_A.weight",
          read.layout().parameters().get(0).key());
      JsonNode saved = JsonFields.read(temporary.resolve(PeftDirectory.CONFIG)).node();
      assertEquals(
          "sentence-transformers/all-MiniLM-L6-v2", saved.get("base_model_name_or_path").asText());
    }
  }

  @Test
  void anAdapterOfAnotherBaseIsRefusedByItsFingerprint() throws IOException {
    Path folder = SharedFolder.require("fixtures/bert-tiny");
    Path copy = copyOf(folder.resolve("adapter_end"));
    Files.writeString(copy.resolve(PeftDirectory.MANIFEST), "{\"base\":{\"fingerprint\":\"abc\"}}");
    try (BaseModel base = BaseModelReader.open(folder.toString())) {
      assertEquals(
          copy
              + " was trained on a base model with the fingerprint abc, but "
              + folder
              + " has "
              + base.fingerprint()
              + "; use the base model it was trained on",
          refusal(copy, base));
    }
  }

  @Test
  void tensorsThatDoNotFitAreNamedWithFileAndShapes() throws IOException {
    Path folder = SharedFolder.require("fixtures/bert-tiny");
    String key = "base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight";
    try (BaseModel base = BaseModelReader.open(folder.toString())) {
      Path copy = copyOf(folder.resolve("adapter_end"));
      Path weights = copy.resolve(PeftDirectory.WEIGHTS);
      Map<String, HostTensor> tensors = new TreeMap<>(SafetensorsFile.open(weights).tensors());

      tensors.put(key, HostTensor.of(key, Shape.of(4, 32), new float[128]));
      SafetensorsWriter.write(weights, tensors.values(), Map.of());
      assertEquals(
          weights
              + ": tensor "
              + key
              + " has the shape (4, 32); expected (4, 64) for "
              + folder
              + "; is this the base model that the adapter was trained on?",
          refusal(copy, base));

      tensors.remove(key);
      SafetensorsWriter.write(weights, tensors.values(), Map.of());
      assertEquals(
          weights
              + " has no tensor "
              + key
              + "; expected one of shape (4, 64) for a layer that adapter_config.json targets",
          refusal(copy, base));

      tensors.put(key, HostTensor.of(key, Shape.of(4, 64), new float[256]));
      tensors.put("other", HostTensor.of("other", Shape.of(1), new float[1]));
      SafetensorsWriter.write(weights, tensors.values(), Map.of());
      assertEquals(
          weights
              + ": tensor other belongs to no layer of "
              + folder
              + " that adapter_config.json targets",
          refusal(copy, base));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bias|\"all\"|bias=\"all\" is not supported; expected none",
        "peft_type|\"ADALORA\"|peft_type=\"ADALORA\" is not supported; expected LORA",
        "lora_bias|true|lora_bias=true is not supported; expected it unset",
        "init_lora_weights|\"pissa_niter_16\"|init_lora_weights=pissa_niter_16 changes the base"
            + " model's weights; convert the adapter to plain LoRA with PEFT first",
        "modules_to_save|[\"lm_head\"]|modules_to_save names lm_head, which is not supported;"
            + " expected none with a decoder: train it with LoRA on its linear layers",
        "target_modules|[\"q_proj\",\"embed_tokens\"]|target_modules names embed_tokens; an adapter"
            + " on embeddings or the vocabulary projection is not supported; expected linear layers"
            + " such as [self_attn.q_proj, self_attn.k_proj, self_attn.v_proj, self_attn.o_proj,"
            + " mlp.gate_proj, mlp.up_proj, mlp.down_proj]",
      })
  void whatIsNotComputedIsRefusedByName(String field, String value, String message)
      throws IOException {
    Path folder = SharedFolder.require("fixtures/llama-tiny");
    Path copy = copyOf(folder.resolve("adapter_end"));
    Path config = copy.resolve(PeftDirectory.CONFIG);
    ObjectNode node = JsonFields.read(config).node();
    node.set(field, new ObjectMapper().readTree(value));
    Files.writeString(config, node.toString());
    try (BaseModel base = BaseModelReader.open(folder.toString())) {
      assertEquals(config + ": " + message, refusal(copy, base));
    }
  }

  private Path copyOf(Path adapter) throws IOException {
    Path copy = Files.createDirectories(temporary.resolve("copy"));
    for (String name : List.of(PeftDirectory.CONFIG, PeftDirectory.WEIGHTS)) {
      Files.write(copy.resolve(name), Files.readAllBytes(adapter.resolve(name)));
    }
    return copy;
  }

  private static String refusal(Path folder, BaseModel base) {
    return assertThrows(AdapterworksException.class, () -> PeftDirectory.read(folder, base))
        .getMessage();
  }
}
