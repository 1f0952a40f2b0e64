package io.adapterworks.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.SharedFolder;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.bench.PerplexityBenchmark;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.evaluate.TextMetrics;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.tokenize.SequencePacker;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Trains and measures a real pretrained decoder. */
class DecoderTrainingTest {
  private static final int TOKENS_PER_BATCH = 2048;
  private static final LoraConfig LORA = LoraConfig.of(8, 16, List.of(LoraConfig.ALL_LINEAR));

  private BaseModel base;
  private Engine engine;

  @BeforeEach
  void open() {
    base = BaseModelReader.open(SharedFolder.require("fixtures/stories260K").toString());
    engine =
        EngineFactory.open(
            new EngineSettings(EngineSettings.Device.CPU, EngineSettings.ComputeType.FLOAT32, 0));
  }

  @AfterEach
  void close() {
    engine.close();
    base.close();
  }

  private PerplexityBenchmark benchmark() {
    return new PerplexityBenchmark(base, engine, TOKENS_PER_BATCH);
  }

  /** Every token of a story scored but the first. */
  private List<TokenRow> stories() {
    return benchmark().read(SharedFolder.require("data/tinystories/tinystories_1000.json"));
  }

  private List<TokenRow> instructions() {
    return benchmark().read(SharedFolder.require("data/instructions/alpaca_en_demo.json"));
  }

  private static List<TokenBatch> packed(List<TokenRow> rows) {
    return new SequencePacker(TOKENS_PER_BATCH, 1).epoch(rows, 0);
  }

  @Test
  void packedRowsGiveTheLossAndGradientOfTheRowsAlone() {
    List<TokenRow> rows = stories().subList(0, 6);
    LoraAdapter fresh = LoraAdapter.initialise(base, LORA, Optional.empty(), 4);
    float[] values = fresh.values();
    for (int i = 0; i < values.length; i++) {
      values[i] += 0.01f * (float) Math.sin(i);
    }
    LoraAdapter adapter = fresh.withValues(values);
    try (LlamaPass pass = new LlamaPass(engine, base, adapter, PassOptions.DEFAULT)) {
      TokenBatch together = TokenBatch.of(rows);
      float[] gradient = new float[values.length];
      double loss = pass.lossAndGradient(together, 1, gradient);
      double expectedLoss = 0;
      float[] expected = new float[values.length];
      float[] alone = new float[values.length];
      for (TokenRow row : rows) {
        TokenBatch single = TokenBatch.of(List.of(row));
        double share = (double) single.scored() / together.scored();
        expectedLoss += share * pass.lossAndGradient(single, 1, alone);
        for (int i = 0; i < expected.length; i++) {
          expected[i] += (float) (share * alone[i]);
        }
      }
      assertEquals(expectedLoss, loss, 1e-5);
      assertArrayEquals(expected, gradient, 1e-5f);
    }
  }

  @Test
  void eightBitWeightsForeseeTextAsWell() {
    List<TokenBatch> batches = packed(stories().subList(800, 900));
    LoraAdapter none = LoraAdapter.none(base);
    double exact;
    try (LlamaPass pass = new LlamaPass(engine, base, none, PassOptions.DEFAULT)) {
      exact = TextMetrics.foresight(pass, batches).perplexity();
    }
    PassOptions eightBit = PassOptions.of(WeightStorage.INT8, 0);
    try (LlamaPass pass = new LlamaPass(engine, base, none, eightBit)) {
      double rounded = TextMetrics.foresight(pass, batches).perplexity();
      System.out.println("perplexity " + exact + ", with eight-bit weights " + rounded);
      assertEquals(1, rounded / exact, 0.01);
    }
  }

  @Test
  void trainingLowersPerplexityOnStoriesThatWereNotSeen() {
    List<TokenRow> rows = stories();
    assertEquals(1000, rows.size());
    assertLowered(rows, 3e-3, 0.98);
  }

  @Test
  void trainingLowersPerplexityFarMoreOnTextOfAnotherKind() {
    assertLowered(instructions(), 1e-2, 0.4);
  }

  /**
   * One epoch on 200 rows; on 50 others, the perplexity after it is at most {@code share} of that
   * before.
   */
  private void assertLowered(List<TokenRow> rows, double learningRate, double share) {
    PerplexityBenchmark.Result result =
        benchmark().measure(rows.subList(0, 250), 200, learningRate);
    double before = result.before().perplexity();
    double after = result.after().perplexity();
    assertTrue(after <= share * before, "perplexity from " + before + " to " + after);
  }
}
