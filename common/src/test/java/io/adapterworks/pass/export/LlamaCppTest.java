package io.adapterworks.pass.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.CacheType;
import io.adapterworks.SharedFolder;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.gguf.GgufDecoder.Precision;
import io.adapterworks.pass.GenerationConfig;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.pass.TextGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** llama.cpp runs what is exported: the oracle is its own reading, tokenizer and arithmetic. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LlamaCppTest {
  private static final int PROMPTS = 50;
  private static final int NEW_TOKENS = 40;
  private static final int END = 2;

  @TempDir private static Path folder;

  private BaseModel base;
  private LoraAdapter adapter;
  private Engine engine;
  private List<String> prompts;
  private List<TextGenerator.Generated> expected;

  @BeforeAll
  void generate() throws IOException {
    base = BaseModelReader.open(SharedFolder.require("fixtures/stories260K").toString());
    engine =
        EngineFactory.open(
            new EngineSettings(EngineSettings.Device.CPU, EngineSettings.ComputeType.FLOAT32, 0));
    adapter = random(LoraConfig.of(4, 6, List.of(LoraConfig.ALL_LINEAR)), 5);
    prompts = prompts();
    try (LlamaPass pass = new LlamaPass(engine, base, adapter, PassOptions.DEFAULT)) {
      TextGenerator generator =
          new TextGenerator(pass, base.tokenizer(), Set.of(END), base.config().maxPositions());
      List<int[]> ids = prompts.stream().map(text -> base.tokenizer().encode(text, 400)).toList();
      expected = generator.generate(ids, GenerationConfig.greedy(NEW_TOKENS));
    }
  }

  @AfterAll
  void close() {
    if (base != null) {
      engine.close();
      base.close();
    }
  }

  private LoraAdapter random(LoraConfig config, long seed) {
    LoraAdapter fresh = LoraAdapter.initialise(base, config, Optional.empty(), seed);
    float[] values = fresh.values();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-0.1, 0.1);
    }
    return fresh.withValues(values);
  }

  /** The beginnings of stories, cut in the middle of a word now and then. */
  private static List<String> prompts() throws IOException {
    JsonNode stories =
        new ObjectMapper()
            .readTree(SharedFolder.require("data/tinystories/tinystories_1000.json").toFile());
    List<String> prompts = new ArrayList<>();
    for (int i = 0; i < PROMPTS; i++) {
      JsonNode story = stories.get(i * 17);
      String text = story.isTextual() ? story.asText() : story.elements().next().asText();
      prompts.add(text.substring(0, Math.min(text.length(), 20 + 3 * i)));
    }
    return prompts;
  }

  private static LlamaModel open(Path model, Path lora) {
    return new LlamaModel(
        new ModelParameters()
            .setModel(model.toString())
            .addLoraAdapter(lora.toString())
            .setCtxSize(512)
            .setThreads(1)
            .setCacheTypeK(CacheType.F32)
            .setCacheTypeV(CacheType.F32)
            .disableLog());
  }

  /** llama.cpp's likeliest tokens, as texts. */
  private static List<String> greedy(LlamaModel model, String prompt) {
    InferenceParameters ask =
        new InferenceParameters(prompt)
            .setNPredict(NEW_TOKENS)
            .setTemperature(0)
            .setRepeatPenalty(1)
            .setCachePrompt(false);
    List<String> pieces = new ArrayList<>();
    LlamaIterator tokens = model.generate(ask).iterator();
    while (tokens.hasNext()) {
      String piece = tokens.next().text;
      if (!piece.isEmpty()) {
        pieces.add(piece);
      }
    }
    return pieces;
  }

  /**
   * Our tokens as texts; the tokenizer drops the space at a text's start, so another goes first.
   */
  private List<String> pieces(TextGenerator.Generated generated) {
    int[] before = base.tokenizer().encodePlain("a");
    return generated.tokens().stream()
        .map(
            id -> {
              int[] ids = Arrays.copyOf(before, before.length + 1);
              ids[before.length] = id;
              return base.tokenizer().decode(ids).substring(1);
            })
        .toList();
  }

  /** The share of our tokens that llama.cpp gives in the same place. */
  private double agreement(Precision precision) {
    Path target = folder.resolve(precision.name());
    GgufExport.Written written = new GgufExport(base, adapter, engine).write(target, precision);
    int same = 0;
    int all = 0;
    try (LlamaModel model =
        open(target.resolve(written.model()), target.resolve(GgufExport.ADAPTER))) {
      for (int i = 0; i < PROMPTS; i++) {
        List<String> ours = pieces(expected.get(i));
        List<String> theirs = greedy(model, prompts.get(i));
        for (int t = 0; t < ours.size(); t++) {
          same += t < theirs.size() && ours.get(t).equals(theirs.get(t)) ? 1 : 0;
        }
        all += Math.max(ours.size(), theirs.size());
      }
    }
    System.out.printf(
        "%s: %d of %d tokens of %d prompts; %s%n", precision, same, all, PROMPTS, written);
    return (double) same / all;
  }

  @Test
  void theFloat16BaseWithTheAdapterGivesOurTokens() {
    assertEquals(1.0, agreement(Precision.F16));
  }

  @Test
  void theEightBitBaseWithTheAdapterGivesNearlyAllOfOurTokens() {
    double agreement = agreement(Precision.Q8_0);
    assertTrue(agreement >= 0.95, () -> agreement + " of the tokens; expected 0.95");
  }
}
