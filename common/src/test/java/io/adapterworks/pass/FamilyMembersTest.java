package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.adapter.Parameter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.export.MergedModelExport;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Members of the Llama family with random weights, against plain loops in float64: logits within
 * 1e-4, gradients against central differences, greedy tokens from the cache.
 */
class FamilyMembersTest {
  private static final int[] FIRST = {3, 17, 59, 4, 4, 20, 33, 8, 1};
  private static final int[] FIRST_LABELS = {-100, -100, 4, 4, 20, 33, 8, 1, -100};
  private static final int[] SECOND = {60, 2, 30, 31};
  private static final int[] SECOND_LABELS = {2, 30, 31, -100};

  @TempDir private Path scratch;

  /** A model and what sits on it. */
  record Member(TinyDecoder model, LoraConfig lora) {
    @Override
    public String toString() {
      return model.name();
    }
  }

  private static PlainLlama.Sizes sizes(int heads, int kvHeads, int headDim, double[] turns) {
    return new PlainLlama.Sizes(3, 48, heads, kvHeads, headDim, 1e-5, turns);
  }

  private static LoraConfig lora(List<String> targets, boolean stabilised, boolean dora) {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    ranks.put("layers.1.self_attn.q_proj", 5);
    ranks.put(".*q_proj", 2);
    return new LoraConfig(
        3,
        6,
        0,
        targets,
        Optional.empty(),
        List.of(),
        stabilised,
        dora,
        ranks,
        Map.of("v_proj", 4.5));
  }

  static Stream<Member> members() {
    String context = "\"max_position_embeddings\":64,";
    double[] llama3 = TinyDecoder.frequencies(500, 10);
    for (int i = 0; i < llama3.length; i++) {
      llama3[i] = stretched(llama3[i]);
    }
    return Stream.of(
        new Member(
            new TinyDecoder(
                "llama-2",
                sizes(4, 4, 12, TinyDecoder.frequencies(10000, 12)),
                context + "\"model_type\":\"llama\",\"hidden_act\":\"silu\",\"rope_scaling\":null",
                Set.of(),
                false,
                false,
                DType.FLOAT32,
                1),
            lora(List.of("q_proj", "v_proj"), false, false)),
        new Member(
            new TinyDecoder(
                "llama-3",
                sizes(6, 2, 10, llama3),
                context
                    + "\"model_type\":\"llama\",\"head_dim\":10,\"rope_theta\":500.0,"
                    + "\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8.0,"
                    + "\"low_freq_factor\":1.0,\"high_freq_factor\":4.0,"
                    + "\"original_max_position_embeddings\":32}",
                Set.of(),
                false,
                true,
                DType.BFLOAT16,
                3),
            lora(List.of("all-linear"), true, false)),
        new Member(
            new TinyDecoder(
                "llama-biased",
                sizes(3, 1, 16, TinyDecoder.frequencies(10000, 16)),
                context
                    + "\"model_type\":\"llama\",\"hidden_act\":\"swish\",\"attention_bias\":true,"
                    + "\"mlp_bias\":true",
                Set.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
                false,
                false,
                DType.FLOAT32,
                1),
            lora(List.of("o_proj", "down_proj", "q_proj"), false, false)),
        new Member(
            new TinyDecoder(
                "mistral",
                sizes(4, 2, 12, TinyDecoder.frequencies(10000, 12)),
                context + "\"model_type\":\"mistral\",\"sliding_window\":64,\"head_dim\":null",
                Set.of(),
                false,
                false,
                DType.FLOAT16,
                1),
            lora(List.of("gate_proj", "k_proj", "q_proj"), true, false)),
        new Member(
            new TinyDecoder(
                "qwen2",
                sizes(8, 2, 6, TinyDecoder.frequencies(1e6, 6)),
                context
                    + "\"model_type\":\"qwen2\",\"use_sliding_window\":true,\"sliding_window\":8,"
                    + "\"max_window_layers\":3,\"rope_theta\":1000000.0,\"attention_bias\":false",
                Set.of("q_proj", "k_proj", "v_proj"),
                false,
                true,
                DType.FLOAT32,
                2),
            lora(List.of("all-linear"), false, false)),
        new Member(
            new TinyDecoder(
                "qwen3",
                sizes(4, 2, 20, TinyDecoder.frequencies(1e6, 20)),
                context
                    + "\"model_type\":\"qwen3\",\"head_dim\":20,\"sliding_window\":null,"
                    + "\"layer_types\":[\"full_attention\",\"full_attention\",\"full_attention\"],"
                    + "\"rope_parameters\":{\"rope_theta\":1000000.0,\"rope_type\":\"default\"}",
                Set.of(),
                true,
                true,
                DType.FLOAT32,
                1),
            lora(List.of("all-linear"), true, false)));
  }

  /** Llama 3.1's stretching by 8 over 32 positions, as its paper's code has it. */
  private static double stretched(double frequency) {
    double wavelength = 2 * Math.PI / frequency;
    if (wavelength < 32 / 4.0) {
      return frequency;
    }
    if (wavelength > 32 / 1.0) {
      return frequency / 8;
    }
    double smooth = (32 / wavelength - 1) / (4.0 - 1);
    return (1 - smooth) * frequency / 8 + smooth * frequency;
  }

  private interface Check {
    void run(BaseModel base, LlamaPass pass, PlainLlama plain) throws IOException;
  }

  /** The member with an adapter of random values that has been through a PEFT folder. */
  private void with(Member member, PassOptions options, Check check) throws IOException {
    Path folder = scratch.resolve(member.model.name());
    List<HostTensor> tensors = member.model.write(folder);
    try (BaseModel base = BaseModelReader.open(folder.toString());
        Engine engine = cpuInFloat32()) {
      LoraAdapter adapter = saved(random(base, member.lora), base);
      try (LlamaPass pass = new LlamaPass(engine, base, adapter, options)) {
        check.run(base, pass, new PlainLlama(member.model.sizes(), tensors, adapter));
      }
    }
  }

  static Engine cpuInFloat32() {
    return EngineFactory.open(
        new EngineSettings(EngineSettings.Device.CPU, EngineSettings.ComputeType.FLOAT32, 0));
  }

  static LoraAdapter random(BaseModel base, LoraConfig config) {
    LoraAdapter fresh = LoraAdapter.initialise(base, config, Optional.empty(), 5);
    float[] values = fresh.values();
    SplittableRandom random = new SplittableRandom(11);
    for (Parameter parameter : fresh.layout().parameters()) {
      boolean magnitude = parameter.role() == Parameter.Role.MAGNITUDE;
      for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
        double noise = random.nextDouble(-0.2, 0.2);
        values[i] = (float) (magnitude ? values[i] * (1 + noise) : noise);
      }
    }
    return fresh.withValues(values);
  }

  private LoraAdapter saved(LoraAdapter adapter, BaseModel base) {
    Path folder = scratch.resolve("adapter");
    PeftDirectory.write(folder, adapter, base, DType.FLOAT32);
    LoraAdapter read = PeftDirectory.read(folder, base);
    assertArrayEquals(adapter.values(), read.values());
    return read;
  }

  private static TokenBatch batch() {
    return TokenBatch.of(
        List.of(TokenRow.scored(FIRST, FIRST_LABELS), TokenRow.scored(SECOND, SECOND_LABELS)));
  }

  /** Both rows' mean over all scored labels. */
  private static double loss(PlainLlama plain) {
    int first = (int) Arrays.stream(FIRST_LABELS).filter(label -> label >= 0).count();
    int second = (int) Arrays.stream(SECOND_LABELS).filter(label -> label >= 0).count();
    return (first * plain.loss(FIRST, FIRST_LABELS) + second * plain.loss(SECOND, SECOND_LABELS))
        / (first + second);
  }

  @ParameterizedTest
  @MethodSource("members")
  void logitsAndLossAreThoseOfPlainLoops(Member member) throws IOException {
    with(
        member,
        PassOptions.DEFAULT,
        (base, pass, plain) -> {
          float[] logits = pass.logits(batch());
          double[][] first = plain.logits(FIRST);
          double[][] second = plain.logits(SECOND);
          for (int i = 0; i < logits.length; i++) {
            int row = i / TinyDecoder.VOCABULARY;
            double[] expected = row < FIRST.length ? first[row] : second[row - FIRST.length];
            assertEquals(expected[i % TinyDecoder.VOCABULARY], logits[i], 1e-4, "logit " + i);
          }
          assertEquals(loss(plain), pass.loss(batch()), 1e-5);
        });
  }

  @ParameterizedTest
  @MethodSource("members")
  void gradientsAreThoseOfCentralDifferences(Member member) throws IOException {
    for (PassOptions options : List.of(PassOptions.DEFAULT, PassOptions.RECOMPUTE_ALL)) {
      with(
          member,
          options,
          (base, pass, plain) -> {
            float[] gradient = new float[pass.layout().size()];
            assertEquals(loss(plain), pass.lossAndGradient(batch(), 1, gradient), 1e-5);
            SplittableRandom random = new SplittableRandom(7);
            for (Parameter parameter : pass.layout().parameters()) {
              Differences.check(
                  parameter, gradient, plain.lora().values(), random, () -> loss(plain));
            }
          });
    }
  }

  @ParameterizedTest
  @MethodSource("members")
  void theCacheGivesTheTokensOfPlainLoops(Member member) throws IOException {
    with(
        member,
        PassOptions.DEFAULT,
        (base, pass, plain) -> {
          try (Decoding decoding = pass.decode(List.of(FIRST, SECOND), 24)) {
            assertGreedy(plain, decoding, 0, FIRST);
            assertGreedy(plain, decoding, 1, SECOND);
          }
        });
  }

  private static void assertGreedy(PlainLlama plain, Decoding decoding, int sequence, int[] ids) {
    int vocabulary = TinyDecoder.VOCABULARY;
    float[] logits =
        Arrays.copyOfRange(
            decoding.promptLogits(), sequence * vocabulary, (sequence + 1) * vocabulary);
    int[] grown = ids;
    for (int step = 0; step < 10; step++) {
      double[] expected = plain.logits(grown)[grown.length - 1];
      for (int i = 0; i < vocabulary; i++) {
        assertEquals(expected[i], logits[i], 1e-4, "logit " + i + " after step " + step);
      }
      int token = Sampler.likeliest(logits);
      grown = Arrays.copyOf(grown, grown.length + 1);
      grown[grown.length - 1] = token;
      logits = decoding.append(new int[] {sequence}, new int[] {token});
    }
  }

  @ParameterizedTest
  @MethodSource("members")
  void theMergedModelIsBaseAndAdapter(Member member) throws IOException {
    with(
        member,
        PassOptions.DEFAULT,
        (base, pass, plain) -> {
          Path merged = scratch.resolve("merged");
          LoraAdapter adapter = PeftDirectory.read(scratch.resolve("adapter"), base);
          try (Engine engine = cpuInFloat32()) {
            double difference = MergedModelExport.write(merged, base, adapter, engine);
            double allowed = member.model.dtype() == DType.FLOAT32 ? 1e-4 : 0.2;
            assertTrue(difference <= allowed, "differs by " + difference);
          }
        });
  }
}
