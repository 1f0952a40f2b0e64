package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.engine.EngineSettings.Device;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.TinyBert;
import io.adapterworks.tokenize.TokenBatch;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The gradient of a batch is that of its parts, dropout and agreement of two passes included. */
class PartsOfABatchTest {
  private static final long SEED = 9;

  @TempDir private static Path folder;

  @ParameterizedTest
  @EnumSource
  void partsWeightedByTheirRowsGiveTheWholesLossAndGradient(Head.Pooling pooling) {
    LoraConfig lora =
        new LoraConfig(
            4,
            8,
            0.3,
            List.of("all-linear"),
            Optional.empty(),
            List.of(),
            false,
            false,
            Map.of(),
            Map.of());
    try (BaseModel base = TinyBert.write(folder);
        Engine engine =
            EngineFactory.open(new EngineSettings(Device.CPU, ComputeType.FLOAT32, 1))) {
      LoraAdapter fresh =
          LoraAdapter.initialise(base, lora, Optional.of(new Head(3, pooling)), SEED);
      float[] values = fresh.values();
      for (int i = 0; i < values.length; i++) {
        values[i] += 0.05f * (float) Math.sin(i);
      }
      try (BertPass pass =
          new BertPass(
              engine,
              base,
              fresh.withValues(values),
              new ClassificationObjective(0.1, 4),
              new EncoderDropout(0.2, 0.2))) {
        assertPartsEqualWhole(pass);
      }
    }
  }

  private static void assertPartsEqualWhole(BertPass pass) {
    TokenBatch whole = TokenBatch.of(TinyBert.rows(11, 3));
    float[] expected = new float[pass.layout().size()];
    double expectedLoss = pass.lossAndGradient(whole, SEED, expected);
    for (List<Integer> cuts : List.of(List.of(0, 11), List.of(0, 4, 11), List.of(0, 1, 2, 9, 11))) {
      double loss = 0;
      float[] sum = new float[expected.length];
      float[] gradient = new float[expected.length];
      for (int i = 1; i < cuts.size(); i++) {
        TokenBatch part = whole.part(cuts.get(i - 1), cuts.get(i));
        double share = part.scored() / (double) whole.scored();
        loss += share * pass.lossAndGradient(part, SEED, gradient);
        for (int p = 0; p < sum.length; p++) {
          sum[p] += (float) share * gradient[p];
        }
      }
      assertEquals(expectedLoss, loss, 1e-5, "cut at " + cuts);
      assertArrayEquals(expected, sum, 1e-5f, "cut at " + cuts);
    }
  }
}
