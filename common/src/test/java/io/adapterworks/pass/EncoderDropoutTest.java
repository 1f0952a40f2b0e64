package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.adapter.Parameter;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.engine.EngineSettings.Device;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Dropout of the base while an adapter on the built-in model is trained, in float32. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EncoderDropoutTest {
  private static final long STEP_SEED = 11;
  private static final EncoderDropout STRONG = new EncoderDropout(0.3, 0.3);

  private BaseModel base;
  private Engine engine;
  private LoraAdapter adapter;
  private TokenBatch batch;

  @BeforeAll
  void open() {
    base = BaseModelReader.open("builtin:all-minilm-l6-v2");
    engine = EngineFactory.open(new EngineSettings(Device.CPU, ComputeType.FLOAT32, 1));
    LoraAdapter initial =
        LoraAdapter.initialise(
            base,
            LoraConfig.of(2, 4, List.of(LoraConfig.ALL_LINEAR)),
            Optional.of(new Head(3, Head.Pooling.MEAN)),
            5);
    float[] values = initial.values();
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < values.length; i++) {
      values[i] += (float) random.nextDouble(-0.05, 0.05);
    }
    adapter = initial.withValues(values);
    batch =
        TokenBatch.of(
            List.of(
                row("my card has not arrived in the post yet", 0),
                row("close my account", 1),
                row("why was I charged twice for one coffee this morning", 2)));
  }

  private TokenRow row(String text, int label) {
    return TokenRow.classified(base.tokenizer().encode(text, 32), label);
  }

  @AfterAll
  void close() {
    engine.close();
    base.close();
  }

  private BertPass pass(EncoderDropout dropout) {
    return new BertPass(engine, base, adapter, new ClassificationObjective(0.1, 2), dropout);
  }

  /**
   * Central differences along the gradient of each kind of parameter. The loss is about 1 and its
   * float32 rounding 1e-6, so that a step of 1e-2 along a slope of about 1 is good to 1 %.
   */
  @Test
  void theGradientWithBothDropoutsIsThatOfFiniteDifferences() {
    try (BertPass pass = pass(STRONG)) {
      float[] values = adapter.values();
      float[] gradient = new float[values.length];
      pass.lossAndGradient(batch, STEP_SEED, gradient);
      for (Parameter.Role role : Parameter.Role.values()) {
        float[] direction = new float[values.length];
        double norm = normOf(role, gradient, direction);
        if (norm > 0) {
          double up = lossAt(pass, values, direction, 0.01 / norm);
          double down = lossAt(pass, values, direction, -0.01 / norm);
          assertEquals(norm, (up - down) / 0.02, 0.01 * norm, role.toString());
        }
        assertTrue(norm > 0 || role == Parameter.Role.MAGNITUDE, role + " has a gradient");
      }
    }
  }

  private double normOf(Parameter.Role role, float[] gradient, float[] direction) {
    double squares = 0;
    for (Parameter parameter : adapter.layout().parameters()) {
      if (parameter.role() == role) {
        for (int i = parameter.offset(); i < parameter.offset() + parameter.size(); i++) {
          direction[i] = gradient[i];
          squares += (double) gradient[i] * gradient[i];
        }
      }
    }
    return Math.sqrt(squares);
  }

  private double lossAt(BertPass pass, float[] values, float[] direction, double step) {
    float[] moved = values.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += (float) (step * direction[i]);
    }
    pass.setParameters(moved);
    return pass.lossAndGradient(batch, STEP_SEED, new float[values.length]);
  }

  @Test
  void aShareThatLeavesNothingIsRefusedByName() {
    AdapterworksException refused =
        assertThrows(AdapterworksException.class, () -> new EncoderDropout(0.1, 0.95));
    assertEquals("base.dropout.attention=0.95; expected 0.0 to 0.9", refused.getMessage());
  }

  @Test
  void nothingIsDroppedWhenNotTraining() {
    float[] expected;
    try (BertPass plain = pass(EncoderDropout.NONE)) {
      expected = plain.logits(batch);
    }
    try (BertPass dropping = pass(STRONG)) {
      assertArrayEquals(expected, dropping.logits(batch));
    }
  }

  @Test
  void eachOfTheTwoChangesTrainingAndFollowsTheStepsSeed() {
    for (EncoderDropout dropout : List.of(new EncoderDropout(0.1, 0), new EncoderDropout(0, 0.1))) {
      double first;
      try (BertPass plain = pass(EncoderDropout.NONE)) {
        first = plain.lossAndGradient(batch, 1, new float[adapter.values().length]);
      }
      try (BertPass pass = pass(dropout)) {
        float[] gradient = new float[adapter.values().length];
        double one = pass.lossAndGradient(batch, 1, gradient);
        assertNotEquals(first, one, dropout.toString());
        assertNotEquals(one, pass.lossAndGradient(batch, 2, gradient), dropout.toString());
        assertEquals(one, pass.lossAndGradient(batch, 1, gradient), dropout.toString());
      }
    }
  }
}
