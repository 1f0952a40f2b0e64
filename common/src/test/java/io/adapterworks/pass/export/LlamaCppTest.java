package io.adapterworks.pass.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import io.adapterworks.adapter.AdaptedModule;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.gguf.GgufDecoder.Precision;
import io.adapterworks.model.gguf.GgufDecoderFile;
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
  private static final int FOLLOWED = 20;
  private static final int BEGIN = 1;
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
    expected = generated(base);
  }

  /** Our greedy tokens with the adapter on this base. */
  private List<TextGenerator.Generated> generated(BaseModel model) {
    try (LlamaPass pass = new LlamaPass(engine, model, adapter, PassOptions.DEFAULT)) {
      TextGenerator generator =
          new TextGenerator(pass, base.tokenizer(), Set.of(END), base.config().maxPositions());
      List<int[]> ids = prompts.stream().map(text -> base.tokenizer().encode(text, 400)).toList();
      return generator.generate(ids, GenerationConfig.greedy(NEW_TOKENS));
    }
  }

  @AfterAll
  void close() {
    if (base != null) {
      engine.close();
      base.close();
    }
  }

  /** A as it starts, B as large as training leaves it. */
  private LoraAdapter random(LoraConfig config, long seed) {
    LoraAdapter fresh = LoraAdapter.initialise(base, config, Optional.empty(), seed);
    float[] values = fresh.values();
    SplittableRandom random = new SplittableRandom(seed);
    for (AdaptedModule module : fresh.layout().modules()) {
      for (int i = 0; i < module.b().size(); i++) {
        values[module.b().offset() + i] = (float) random.nextDouble(-0.05, 0.05);
      }
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
  private static List<String> greedy(LlamaModel model, String prompt, int most) {
    InferenceParameters ask =
        new InferenceParameters(prompt)
            .setNPredict(most)
            .setTemperature(0)
            .setRepeatPenalty(1)
            .setCachePrompt(most == 1);
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

  private List<String> pieces(TextGenerator.Generated generated) {
    return generated.tokens().stream().map(this::piece).toList();
  }

  /**
   * A token as text; the tokenizer drops the space at a text's start, so another token goes first.
   */
  private String piece(int id) {
    int[] before = base.tokenizer().encodePlain("a");
    int[] ids = Arrays.copyOf(before, before.length + 1);
    ids[before.length] = id;
    return base.tokenizer().decode(ids).substring(1);
  }

  /** The share of our tokens that llama.cpp gives in the same place, each going its own way. */
  private double agreement(LlamaModel model, List<TextGenerator.Generated> expected) {
    int same = 0;
    int all = 0;
    for (int i = 0; i < PROMPTS; i++) {
      List<String> ours = pieces(expected.get(i));
      List<String> theirs = greedy(model, prompts.get(i), NEW_TOKENS);
      for (int t = 0; t < Math.min(ours.size(), theirs.size()); t++) {
        same += ours.get(t).equals(theirs.get(t)) ? 1 : 0;
      }
      all += Math.max(ours.size(), theirs.size());
    }
    System.out.printf("%d of %d tokens of %d prompts%n", same, all, PROMPTS);
    return (double) same / all;
  }

  /** The share of our tokens that llama.cpp gives next after those of ours before them. */
  private double agreementAfterOurTokens(LlamaModel model, List<TextGenerator.Generated> expected) {
    int same = 0;
    int all = 0;
    for (int i = 0; i < PROMPTS; i++) {
      StringBuilder text = new StringBuilder(prompts.get(i));
      List<String> ours = pieces(expected.get(i));
      int[] ids = base.tokenizer().encode(prompts.get(i), 512);
      for (int t = 0; t < Math.min(FOLLOWED, ours.size()); t++) {
        // A text that ends within a word may be cut into other tokens than it was made of.
        if (Arrays.equals(ids, base.tokenizer().encode(text.toString(), 512))) {
          same += greedy(model, text.toString(), 1).equals(List.of(ours.get(t))) ? 1 : 0;
          all++;
        }
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = expected.get(i).tokens().get(t);
        text.append(ours.get(t));
      }
    }
    System.out.printf("%d of %d tokens after ours%n", same, all);
    assertTrue(all > PROMPTS * FOLLOWED / 2, "only " + all + " places could be compared");
    return (double) same / all;
  }

  private LlamaModel exported(Precision precision) {
    Path target = folder.resolve(precision.name());
    GgufExport.Written written = new GgufExport(base, adapter, engine).write(target, precision);
    System.out.println(written);
    return open(target.resolve(written.model()), target.resolve(GgufExport.ADAPTER));
  }

  @Test
  void theFloat16BaseWithTheAdapterCutsTextsAndGoesOnAsOurs() {
    try (LlamaModel model = exported(Precision.F16)) {
      for (String prompt : prompts) {
        int[] ids = model.encode(prompt);
        int begin = ids[0] == BEGIN ? 1 : 0;
        assertArrayEquals(
            base.tokenizer().encodePlain(prompt),
            Arrays.copyOfRange(ids, begin, ids.length),
            prompt);
      }
      System.out.println("beside the float32 base:");
      agreement(model, expected);
      Path file = folder.resolve("F16/base-f16.gguf");
      System.out.println("beside the float16 base:");
      assertEquals(1.0, agreement(model, generated(GgufDecoderFile.read(file, base, folder))));
    }
  }

  /**
   * In a product with a Q8_0 weight llama.cpp rounds the activations too, each 32 of them to eight
   * bits with a scale of their own, which a float engine does not: running free, the two part at
   * the first near tie and stay apart (2 of 3 tokens agree with the float32 base, 3 of 4 with the
   * file's own weights). So each token is compared after the same text, beside both.
   */
  @Test
  void theEightBitBaseWithTheAdapterGivesNearlyAllOfOurTokens() {
    try (LlamaModel model = exported(Precision.Q8_0)) {
      BaseModel file = GgufDecoderFile.read(folder.resolve("Q8_0/base-q8_0.gguf"), base, folder);
      System.out.println("running free, beside the float32 base:");
      agreement(model, expected);
      System.out.println("running free, beside the file's weights:");
      agreement(model, generated(file));
      System.out.println("one token at a time, beside the float32 base:");
      double exact = agreementAfterOurTokens(model, expected);
      System.out.println("one token at a time, beside the file's weights:");
      double rounded = agreementAfterOurTokens(model, generated(file));
      assertTrue(exact >= 0.95, () -> exact + " of the tokens; expected 0.95");
      assertTrue(rounded >= 0.95, () -> rounded + " of the tokens; expected 0.95");
    }
  }
}
