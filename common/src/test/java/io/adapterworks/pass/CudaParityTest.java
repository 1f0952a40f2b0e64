package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.SharedFolder;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.adapter.Parameter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.engine.AdamStep;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.engine.cuda.CudaEngine;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * PyTorch's and PEFT's float32 numbers on a card. In float32 the processor's tolerances hold; in
 * bfloat16 logits are within 2e-2 and gradients within 3e-2 of their norm, and the losses of 20
 * steps of AdamW within 2e-2. Skipped, saying why, where there is no card.
 */
@Tag("gpu")
class CudaParityTest {
  /** What is allowed, by compute type. */
  private record Tolerance(double logits, double gradients, double losses) {
    static Tolerance of(ComputeType type) {
      return type == ComputeType.FLOAT32
          ? new Tolerance(1e-4, 1e-3, 1e-3)
          : new Tolerance(2e-2, 3e-2, 2e-2);
    }
  }

  private static Engine open(ComputeType type) {
    try {
      return CudaEngine.open(new EngineSettings(EngineSettings.Device.CUDA, type, 0));
    } catch (AdapterworksException missing) {
      return Assumptions.abort("skipped, no card: " + missing.getMessage());
    }
  }

  @TestFactory
  Stream<DynamicTest> tracedFoldersAreReproduced() throws IOException {
    List<Path> folders;
    try (Stream<Path> children = Files.list(SharedFolder.require("fixtures"))) {
      folders = children.filter(f -> Files.exists(f.resolve("trace.json"))).sorted().toList();
    }
    return folders.stream()
        .flatMap(
            folder ->
                Stream.of(ComputeType.FLOAT32, ComputeType.BFLOAT16)
                    .map(
                        type ->
                            DynamicTest.dynamicTest(
                                folder.getFileName() + " " + type, () -> check(folder, type))));
  }

  private static void check(Path folder, ComputeType type) {
    ReferenceFixture fixture = new ReferenceFixture(folder);
    try (BaseModel base = BaseModelReader.open(folder.toString());
        Engine engine = open(type)) {
      LoraAdapter adapter = PeftDirectory.read(folder.resolve("adapter_start"), base);
      if (base.config().modelType().equals("bert")) {
        try (BertPass pass =
            new BertPass(engine, base, adapter, ClassificationObjective.CROSS_ENTROPY)) {
          check(fixture, new Trained(pass, pass::logits, adapter), type);
        }
      } else {
        try (LlamaPass pass = new LlamaPass(engine, base, adapter, PassOptions.DEFAULT)) {
          check(fixture, new Trained(pass, pass::logits, adapter), type);
        }
      }
    }
  }

  /** A pass of either architecture, and the adapter it was opened with. */
  private record Trained(
      TrainablePass pass, Function<TokenBatch, float[]> logits, LoraAdapter adapter) {
    boolean isDecoder() {
      return pass instanceof LlamaPass;
    }

    TokenBatch batch(ReferenceFixture fixture) {
      return isDecoder() ? fixture.nextTokenBatch() : fixture.classificationBatch();
    }

    float[] startLogits(ReferenceFixture fixture) {
      return isDecoder() ? fixture.unpadded("start_logits") : fixture.floats("start_logits");
    }
  }

  private static void check(ReferenceFixture fixture, Trained trained, ComputeType type) {
    Tolerance tolerance = Tolerance.of(type);
    TrainablePass pass = trained.pass();
    TokenBatch batch = trained.batch(fixture);
    Closeness.assertRelativelyWithin(
        "start logits",
        trained.startLogits(fixture),
        trained.logits().apply(batch),
        tolerance.logits());
    float[] gradient = new float[pass.layout().size()];
    pass.lossAndGradient(batch, 1, gradient);
    float[] reference = new float[gradient.length];
    pass.layout()
        .parameters()
        .forEach(
            parameter ->
                System.arraycopy(
                    fixture.floats("grad." + parameter.trainingName()),
                    0,
                    reference,
                    parameter.offset(),
                    parameter.size()));
    Closeness.assertRelativelyWithin("gradient", reference, gradient, tolerance.gradients());
    if (trained.isDecoder()) {
      PromptParity.assertPartsAddUp(pass, batch, tolerance.gradients());
    }
    AdamW optimizer = new AdamW(fixture, trained.adapter().values());
    double[] losses = fixture.losses();
    for (int step = 0; step < losses.length; step++) {
      double loss = pass.lossAndGradient(batch, 1, gradient);
      assertEquals(losses[step], loss, tolerance.losses() * losses[step], "loss of " + step);
      optimizer.step(gradient);
      pass.setParameters(optimizer.parameters);
    }
    if (pass instanceof UpdatingPass updating) {
      checkUpdates(fixture, updating, trained, tolerance);
    }
    double end = fixture.number("end_loss");
    assertEquals(end, pass.loss(batch), tolerance.losses() * Math.max(end, 1), "loss at the end");
  }

  /**
   * The same steps again from the start, parameters and moments staying on the card: all are
   * started before the first loss is asked for.
   */
  private static void checkUpdates(
      ReferenceFixture fixture, UpdatingPass pass, Trained trained, Tolerance tolerance) {
    TokenBatch batch = trained.batch(fixture);
    float[] start = trained.adapter().values();
    pass.setParameters(start);
    pass.setMoments(new float[start.length], new float[start.length]);
    AdamStep.Range all =
        new AdamStep.Range(0, start.length, fixture.number("lr"), fixture.number("weight_decay"));
    double[] losses = fixture.losses();
    List<DoubleSupplier> started = new ArrayList<>();
    for (int step = 0; step < losses.length; step++) {
      AdamStep update =
          new AdamStep(
              step + 1,
              fixture.number("betas", 0),
              fixture.number("betas", 1),
              fixture.number("eps"),
              fixture.number("clip"),
              List.of(all));
      started.add(pass.start(batch, 1, update));
    }
    for (int step = 0; step < losses.length; step++) {
      double loss = started.get(step).getAsDouble();
      assertEquals(
          losses[step], loss, tolerance.losses() * losses[step], "loss on the card of " + step);
    }
  }

  /** Loshchilov and Hutter 2019, arXiv:1711.05101, with the fixture's constants. */
  private static final class AdamW {
    private final float[] parameters;
    private final double[] mean;
    private final double[] square;
    private final ReferenceFixture fixture;
    private int steps;

    AdamW(ReferenceFixture fixture, float[] start) {
      this.fixture = fixture;
      this.parameters = start.clone();
      this.mean = new double[start.length];
      this.square = new double[start.length];
    }

    void step(float[] gradient) {
      steps++;
      double norm = 0;
      for (float value : gradient) {
        norm += (double) value * value;
      }
      double clip = Math.min(1, fixture.number("clip") / (Math.sqrt(norm) + 1e-6));
      double beta1 = fixture.number("betas", 0);
      double beta2 = fixture.number("betas", 1);
      double rate = fixture.number("lr");
      for (int i = 0; i < gradient.length; i++) {
        double g = gradient[i] * clip;
        mean[i] = beta1 * mean[i] + (1 - beta1) * g;
        square[i] = beta2 * square[i] + (1 - beta2) * g * g;
        double first = mean[i] / (1 - Math.pow(beta1, steps));
        double second = Math.sqrt(square[i] / (1 - Math.pow(beta2, steps)));
        double decayed = parameters[i] * (1 - rate * fixture.number("weight_decay"));
        parameters[i] = (float) (decayed - rate * first / (second + fixture.number("eps")));
      }
    }
  }

  @Test
  void greedyTokensOfAPretrainedDecoderAreTheReferences() throws IOException {
    Path folder = SharedFolder.require("fixtures/stories260K");
    JsonNode reference = new ObjectMapper().readTree(folder.resolve("reference.json").toFile());
    int[] expected =
        StreamSupport.stream(reference.get("greedy_ids_from_bos").spliterator(), false)
            .mapToInt(JsonNode::asInt)
            .toArray();
    try (BaseModel base = BaseModelReader.open(folder.toString());
        Engine engine = open(ComputeType.FLOAT32);
        LlamaPass pass = new LlamaPass(engine, base, LoraAdapter.none(base), PassOptions.DEFAULT)) {
      int[] ids = {expected[0]};
      while (ids.length < expected.length) {
        float[] logits = pass.lastLogits(TokenBatch.of(List.of(TokenRow.unlabelled(ids))));
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = hottest(logits);
      }
      assertArrayEquals(expected, ids);
    }
  }

  @Test
  void greedyTokensWithCachedKeysAndValuesAreTheReferences() throws IOException {
    Path folder = SharedFolder.require("fixtures/stories260K");
    JsonNode reference = new ObjectMapper().readTree(folder.resolve("reference.json").toFile());
    int[] expected =
        StreamSupport.stream(reference.get("greedy_ids_from_bos").spliterator(), false)
            .mapToInt(JsonNode::asInt)
            .toArray();
    try (BaseModel base = BaseModelReader.open(folder.toString());
        Engine engine = open(ComputeType.FLOAT32);
        LlamaPass pass = new LlamaPass(engine, base, LoraAdapter.none(base), PassOptions.DEFAULT);
        Decoding decoding = pass.decode(List.of(new int[] {expected[0]}), expected.length)) {
      int[] ids = new int[expected.length];
      ids[0] = expected[0];
      float[] logits = decoding.promptLogits();
      for (int i = 1; i < ids.length; i++) {
        ids[i] = hottest(logits);
        logits = decoding.append(new int[] {0}, new int[] {ids[i]});
      }
      assertArrayEquals(expected, ids);
    }
  }

  @Test
  void whatIsComputedAgainAndWhereEmbeddingsLieChangesNoByte() {
    Path folder = SharedFolder.require("fixtures/llama-tiny");
    ReferenceFixture fixture = new ReferenceFixture(folder);
    PassOptions sparing =
        new PassOptions(
            PassOptions.DEFAULT.weights(), Integer.MAX_VALUE, PassOptions.Placement.HOST);
    try (BaseModel base = BaseModelReader.open(folder.toString());
        Engine engine = open(ComputeType.BFLOAT16)) {
      LoraAdapter adapter = PeftDirectory.read(folder.resolve("adapter_start"), base);
      int size = adapter.values().length;
      float[][] gradients = new float[2][size];
      float[][] trained = new float[2][size];
      AdamStep.Range all = new AdamStep.Range(0, size, 1e-2, 0);
      for (int i = 0; i < 2; i++) {
        PassOptions options = i == 0 ? PassOptions.DEFAULT : sparing;
        try (LlamaPass pass = new LlamaPass(engine, base, adapter, options)) {
          pass.lossAndGradient(fixture.nextTokenBatch(), 1, gradients[i]);
          for (int step = 1; step <= 4; step++) {
            // Other tokens each time, and none waited for.
            TokenBatch batch = TokenBatch.of(List.of(TokenRow.text(fixture.row(step % 2))));
            pass.start(batch, 1, new AdamStep(step, 0.9, 0.999, 1e-8, 1, List.of(all)));
          }
          pass.readParameters(trained[i]);
        }
      }
      assertArrayEquals(gradients[0], gradients[1]);
      assertArrayEquals(trained[0], trained[1]);
    }
  }

  @Test
  void aBatchThatTheCardCannotHoldIsRefusedBeforeItRuns() {
    Path folder = SharedFolder.require("fixtures/llama-tiny");
    try (BaseModel base = BaseModelReader.open(folder.toString());
        Engine engine = open(ComputeType.BFLOAT16);
        LlamaPass pass = new LlamaPass(engine, base, LoraAdapter.none(base), PassOptions.DEFAULT)) {
      pass.prepare(1000);
      AdapterworksException refused =
          assertThrows(AdapterworksException.class, () -> pass.prepare(1L << 34));
      assertTrue(
          refused.getMessage().startsWith("a step over 17179869184 tokens takes "),
          refused.getMessage());
    }
  }

  /** Logits of a random DoRA adapter on every layer, and gradients against central differences. */
  @Test
  void doraIsThatOfPlainLoops() {
    Path folder = SharedFolder.require("fixtures/llama-tiny");
    LoraConfig dora =
        new LoraConfig(
            4,
            8,
            0,
            List.of(LoraConfig.ALL_LINEAR),
            Optional.empty(),
            List.of(),
            true,
            true,
            Map.of(),
            Map.of());
    try (BaseModel base = BaseModelReader.open(folder.toString());
        Engine engine = open(ComputeType.FLOAT32)) {
      LoraAdapter adapter = FamilyMembersTest.random(base, dora);
      PlainLlama.Sizes sizes =
          new PlainLlama.Sizes(3, 64, 8, 2, 8, 1e-5, TinyDecoder.frequencies(500000, 8));
      PlainLlama plain = new PlainLlama(sizes, base.weights().values(), adapter);
      int[] row = new ReferenceFixture(folder).row(0);
      int[] next = Arrays.copyOfRange(row, 1, row.length + 1);
      next[row.length - 1] = TokenBatch.IGNORED;
      try (LlamaPass pass = new LlamaPass(engine, base, adapter, PassOptions.DEFAULT)) {
        float[] logits = pass.logits(TokenBatch.of(List.of(TokenRow.unlabelled(row))));
        double[][] expected = plain.logits(row);
        for (int i = 0; i < logits.length; i++) {
          assertEquals(expected[i / 512][i % 512], logits[i], 1e-3, "logit " + i);
        }
        TokenBatch batch = TokenBatch.of(List.of(TokenRow.scored(row, next)));
        float[] gradient = new float[pass.layout().size()];
        float[] again = new float[gradient.length];
        pass.lossAndGradient(batch, 1, again);
        for (String how : List.of("recorded", "played", "played with the parameters set")) {
          pass.lossAndGradient(batch, 1, gradient);
          assertArrayEquals(again, gradient, how);
          pass.setParameters(adapter.values());
        }
        SplittableRandom random = new SplittableRandom(7);
        for (Parameter parameter : pass.layout().parameters()) {
          Differences.check(
              parameter, gradient, plain.lora().values(), random, () -> plain.loss(row, next));
        }
      }
    }
  }

  private static int hottest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  @Test
  void theSameStepTwiceGivesTheSameBytes() {
    Path folder = SharedFolder.require("fixtures/llama-tiny");
    ReferenceFixture fixture = new ReferenceFixture(folder);
    try (BaseModel base = BaseModelReader.open(folder.toString());
        Engine engine = open(ComputeType.BFLOAT16)) {
      LoraAdapter adapter = PeftDirectory.read(folder.resolve("adapter_start"), base);
      try (LlamaPass pass = new LlamaPass(engine, base, adapter, PassOptions.DEFAULT)) {
        float[] first = new float[pass.layout().size()];
        float[] again = new float[first.length];
        pass.lossAndGradient(fixture.nextTokenBatch(), 1, first);
        for (String how : List.of("recorded", "played", "played again")) {
          pass.lossAndGradient(fixture.nextTokenBatch(), 1, again);
          assertArrayEquals(first, again, how);
        }
      }
    }
  }
}
