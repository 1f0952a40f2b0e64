package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.SharedFolder;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Generation with a real pretrained decoder, against an independent forward pass's tokens. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoriesModelTest {
  private static final int BOS = 1;
  private static final int EOS = 2;

  private Path folder;
  private JsonNode reference;
  private BaseModel base;
  private Engine engine;
  private LlamaPass pass;
  private TextGenerator generator;

  @BeforeAll
  void open() throws IOException {
    folder = SharedFolder.require("fixtures/stories260K");
    reference = new ObjectMapper().readTree(folder.resolve("reference.json").toFile());
    base = BaseModelReader.open(folder.toString());
    engine =
        EngineFactory.open(
            new EngineSettings(EngineSettings.Device.CPU, EngineSettings.ComputeType.FLOAT32, 0));
    pass = new LlamaPass(engine, base, LoraAdapter.none(base), PassOptions.DEFAULT);
    generator =
        new TextGenerator(pass, base.tokenizer(), Set.of(EOS), base.config().maxPositions());
  }

  @AfterAll
  void close() {
    if (pass != null) {
      pass.close();
      engine.close();
      base.close();
    }
  }

  private int[] greedyIds() {
    return StreamSupport.stream(reference.get("greedy_ids_from_bos").spliterator(), false)
        .mapToInt(JsonNode::asInt)
        .toArray();
  }

  @Test
  void theTokenizerGivesTheReferencesIdsAndText() {
    String text = reference.get("greedy_text").asText();
    assertArrayEquals(greedyIds(), base.tokenizer().encode(text, 512));
    assertEquals(text, base.tokenizer().decode(greedyIds()));
  }

  @Test
  void theLogitsAfterTheFirstTokenAreTheReferences() {
    float[] logits = pass.logits(TokenBatch.of(List.of(TokenRow.unlabelled(new int[] {BOS}))));
    JsonNode expected = reference.get("logits_after_bos");
    float[] values = new float[expected.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) expected.get(i).asDouble();
    }
    Closeness.assertWithin("logits after BOS", values, logits, 1e-3);
  }

  @Test
  void greedyGenerationGivesTheReferencesTokens() {
    int[] expected = greedyIds();
    TextGenerator.Generated generated =
        generator
            .generate(List.of(new int[] {BOS}), GenerationConfig.greedy(expected.length - 1))
            .get(0);
    assertEquals(Arrays.stream(expected).skip(1).boxed().toList(), generated.tokens());
    assertEquals(reference.get("greedy_text").asText(), generated.text());
    assertEquals(TextGenerator.Ending.FULL, generated.ending());
  }

  @Test
  void promptsGeneratedTogetherGiveWhatEachGivesAlone() {
    List<int[]> prompts =
        List.of(
            base.tokenizer().encode("Once upon a time, there was a cat", 512),
            new int[] {BOS},
            base.tokenizer().encode("Tom", 512));
    GenerationConfig config = new GenerationConfig(60, 0, 0, 1, 1, List.of("."), 0);
    List<TextGenerator.Generated> together = generator.generate(prompts, config);
    for (int i = 0; i < prompts.size(); i++) {
      assertEquals(generator.generate(List.of(prompts.get(i)), config).get(0), together.get(i));
      assertEquals(TextGenerator.Ending.STOPPED, together.get(i).ending());
      assertTrue(!together.get(i).text().contains("."), together.get(i).text());
    }
  }

  @Test
  void samplingRepeatsFromItsSeedAndDiffersBetweenSeeds() {
    List<int[]> prompts = List.of(new int[] {BOS}, new int[] {BOS});
    GenerationConfig config = new GenerationConfig(40, 0.9, 40, 0.95, 1.1, List.of(), 5);
    GenerationConfig other = new GenerationConfig(40, 0.9, 40, 0.95, 1.1, List.of(), 6);
    List<TextGenerator.Generated> first = generator.generate(prompts, config);
    assertEquals(first, generator.generate(prompts, config));
    assertTrue(!first.get(0).equals(first.get(1)), "two samples of one prompt are equal");
    assertTrue(!first.equals(generator.generate(prompts, other)), "two seeds gave one text");
  }

  @Test
  void onlyTheLikeliestTokenIsSampledWhereTheRestIsCutOff() {
    int[] expected = greedyIds();
    for (GenerationConfig config :
        List.of(
            new GenerationConfig(20, 1, 1, 1, 1, List.of(), 3),
            new GenerationConfig(20, 1, 0, 0, 1, List.of(), 3))) {
      assertEquals(
          Arrays.stream(expected).skip(1).limit(20).boxed().toList(),
          generator.generate(List.of(new int[] {BOS}), config).get(0).tokens());
    }
  }

  @Test
  void aPromptLongerThanTheContextSaysSo() {
    int[] prompt = new int[513];
    Arrays.fill(prompt, 5);
    AdapterworksException e =
        assertThrows(
            AdapterworksException.class,
            () -> generator.generate(List.of(prompt), GenerationConfig.greedy(1)));
    assertEquals(
        "a prompt of 513 tokens; expected 1 to 512; shorten it, or allow longer sequences up to the"
            + " model's context",
        e.getMessage());
  }
}
