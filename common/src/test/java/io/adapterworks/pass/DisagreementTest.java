package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DisagreementTest {
  private static float[] random(int length) {
    SplittableRandom random = new SplittableRandom(3);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextDouble(-2, 2);
    }
    return values;
  }

  @Test
  void equalPredictionsDoNotDisagree() {
    float[] logits = {1, 2, 3, 1, 2, 3};
    Disagreement disagreement = Disagreement.of(logits, 3);
    assertEquals(0, disagreement.value(), 1e-12);
    for (float g : disagreement.gradient()) {
      assertEquals(0, g, 1e-7);
    }
  }

  @Test
  void theValueOfTwoLabelsIsThatOfTheFormula() {
    // p = (3/4, 1/4), q = (1/2, 1/2).
    float[] logits = {(float) Math.log(3), 0, 0, 0};
    double pq = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5);
    double qp = 0.5 * Math.log(2.0 / 3) + 0.5 * Math.log(2);
    assertEquals(0.5 * (pq + qp), Disagreement.of(logits, 2).value(), 1e-6);
  }

  /** Central differences with a step of 1e-2 in float32 logits: good to 1e-4. */
  @Test
  void theGradientIsThatOfFiniteDifferences() {
    int width = 4;
    float[] logits = random(2 * 3 * width);
    float[] gradient = Disagreement.of(logits, width).gradient();
    boolean anyLarge = false;
    for (int i = 0; i < logits.length; i++) {
      float[] up = logits.clone();
      float[] down = logits.clone();
      up[i] += 0.01f;
      down[i] -= 0.01f;
      double slope =
          (Disagreement.of(up, width).value() - Disagreement.of(down, width).value())
              / ((double) up[i] - down[i]);
      assertEquals(slope, gradient[i], 1e-4, "element " + i);
      anyLarge |= Math.abs(slope) > 1e-2;
    }
    assertTrue(anyLarge, "the gradient is not zero everywhere");
  }
}
