package io.adapterworks.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.SharedFolder;
import io.adapterworks.error.AdapterworksException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelConfigReaderTest {
  private static final String LLAMA =
      "\"hidden_size\":64,\"num_hidden_layers\":2,\"num_attention_heads\":4,"
          + "\"intermediate_size\":96,\"vocab_size\":100,\"max_position_embeddings\":128";

  @TestFactory
  List<DynamicTest> everyFixtureHasExactlyTheTensorsOfItsConfiguration() throws IOException {
    Path fixtures = SharedFolder.require("fixtures");
    try (Stream<Path> folders = Files.list(fixtures)) {
      return folders
          .filter(Files::isDirectory)
          .sorted()
          .map(
              folder ->
                  DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)))
          .toList();
    }
  }

  private static void check(Path folder) {
    try (BaseModel model = BaseModelReader.open(folder.toString())) {
      assertEquals(
          new TreeSet<>(model.config().tensors(model.prefix()).keySet()),
          new TreeSet<>(model.weights().keySet()));
      assertEquals(64, model.fingerprint().length());
    }
  }

  @Test
  void bothFormsOfRopeAreRead() {
    Rope.Llama3 llama3 = new Rope.Llama3(8, 1, 4, 8192);
    String parameters =
        "{\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,"
            + "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":8192";
    assertEquals(new Rope(10000, new Rope.Unscaled()), llama("").rope());
    assertEquals(
        new Rope(500000, new Rope.Unscaled()),
        llama(",\"rope_theta\":500000.0,\"rope_scaling\":null").rope());
    assertEquals(
        new Rope(500000, llama3),
        llama(",\"rope_theta\":500000.0,\"rope_scaling\":" + parameters + "}").rope());
    assertEquals(
        new Rope(500000, llama3),
        llama(",\"rope_parameters\":" + parameters + ",\"rope_theta\":500000.0}").rope());
  }

  @Test
  void membersOfTheFamilyDifferInBiasesAndNorms() {
    LlamaConfig qwen2 = (LlamaConfig) parse("\"model_type\":\"qwen2\"," + LLAMA);
    assertEquals(Set.of("q_proj", "k_proj", "v_proj"), qwen2.biased());
    LlamaConfig qwen3 =
        (LlamaConfig) parse("\"model_type\":\"qwen3\",\"tie_word_embeddings\":true," + LLAMA);
    assertEquals(128, qwen3.headDim());
    assertEquals(
        Set.of(LlamaConfig.Feature.QUERY_KEY_NORM, LlamaConfig.Feature.TIED_EMBEDDINGS),
        qwen3.features());
    assertEquals(
        Set.of("q_proj", "k_proj", "v_proj", "o_proj"), llama(",\"attention_bias\":true").biased());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"model_type\":\"mixtral\"|model_type mixtral is not supported; expected bert, llama,"
            + " mistral, qwen2 or qwen3",
        "\"model_type\":\"llama\",\"num_local_experts\":8|a mixture of experts (num_local_experts)"
            + " is not supported; expected a dense model",
        "\"model_type\":\"llama\",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4}"
            + "|rope_scaling: rope type yarn is not supported; expected default or llama3",
        "\"model_type\":\"mistral\",\"sliding_window\":64|an active sliding window"
            + " (sliding_window=64, max_position_embeddings=128) is not supported; where no"
            + " sequence is longer than the window, set sliding_window to null",
        "\"model_type\":\"llama\",\"hidden_act\":\"gelu\"|hidden_act=\"gelu\" is not supported;"
            + " expected silu",
        "\"model_type\":\"llama\",\"quantization_config\":{\"bits\":4}|weights quantised by"
            + " quantization_config are not supported; use the float32, float16 or bfloat16 model"
            + " and quantise here",
        "\"model_type\":\"llama\",\"partial_rotary_factor\":0.5|partial_rotary_factor=0.5 is not"
            + " supported; expected 1.0",
        "\"model_type\":\"qwen3\",\"layer_types\":[\"linear_attention\"]|layer_types names"
            + " \"linear_attention\", which is not supported; expected full_attention",
        "\"model_type\":\"qwen2\",\"use_sliding_window\":true,\"sliding_window\":32,"
            + "\"max_window_layers\":1|an active sliding window (sliding_window=32,"
            + " max_position_embeddings=128) is not supported; where no sequence is longer than the"
            + " window, set sliding_window to null",
        "\"model_type\":\"qwen2\",\"sliding_window\":32,\"layer_types\":[\"full_attention\","
            + "\"sliding_attention\"]|an active sliding window (sliding_window=32,"
            + " max_position_embeddings=128) is not supported; where no sequence is longer than the"
            + " window, set sliding_window to null",
      })
  void whatIsNotComputedIsRefusedByName(String fields, String message) {
    AdapterworksException e =
        assertThrows(AdapterworksException.class, () -> parse(fields + "," + LLAMA));
    assertEquals("config.json: " + message, e.getMessage());
  }

  @Test
  void anInactiveSlidingWindowIsNoObstacle() {
    LlamaConfig qwen2 =
        (LlamaConfig)
            parse(
                "\"model_type\":\"qwen2\",\"use_sliding_window\":false,\"sliding_window\":64,"
                    + LLAMA);
    assertEquals("qwen2", qwen2.modelType());
    assertEquals("mistral", parse("\"model_type\":\"mistral\"," + LLAMA).modelType());
    for (String inactive :
        List.of(
            "\"model_type\":\"qwen2\",\"use_sliding_window\":true,\"sliding_window\":64,"
                + "\"max_window_layers\":2,",
            "\"model_type\":\"qwen3\",\"use_sliding_window\":true,\"sliding_window\":64,"
                + "\"layer_types\":[\"full_attention\",\"full_attention\"],",
            "\"model_type\":\"qwen2\",\"sliding_window\":128,"
                + "\"layer_types\":[\"full_attention\",\"sliding_attention\"],",
            "\"model_type\":\"llama\",\"sliding_window\":64,")) {
      assertEquals(2, parse(inactive + LLAMA).layers());
    }
  }

  @Test
  void aMistralThatNamesNoWindowHasItsDefault() {
    String longer = LLAMA.replace("128", "8192");
    AdapterworksException e =
        assertThrows(
            AdapterworksException.class, () -> parse("\"model_type\":\"mistral\"," + longer));
    assertEquals(
        "config.json: an active sliding window (sliding_window=4096, max_position_embeddings=8192)"
            + " is not supported; where no sequence is longer than the window, set sliding_window"
            + " to null",
        e.getMessage());
    String open = "\"model_type\":\"mistral\",\"sliding_window\":null,";
    assertEquals(8192, parse(open + longer).maxPositions());
  }

  @Test
  void fieldsThatAMemberIgnoresChangeNothing() {
    LlamaConfig mistral =
        (LlamaConfig)
            parse("\"model_type\":\"mistral\",\"attention_bias\":true,\"mlp_bias\":true," + LLAMA);
    assertEquals(Set.of(), mistral.biased());
    assertEquals(
        Set.of("gate_proj", "up_proj", "down_proj"),
        llama(",\"mlp_bias\":true,\"hidden_act\":\"swish\"").biased());
  }

  private static LlamaConfig llama(String more) {
    return (LlamaConfig) parse("\"model_type\":\"llama\"," + LLAMA + more);
  }

  private static ModelConfig parse(String fields) {
    return ModelConfigReader.parse(
        JsonFields.parse(("{" + fields + "}").getBytes(StandardCharsets.UTF_8), "config.json"));
  }
}
