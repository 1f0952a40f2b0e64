package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.adapter.Parameter;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/** Gradients against central differences of a loss in float64. */
final class Differences {
  private static final double STEP = 1e-4;
  private static final int SAMPLES = 8;

  private Differences() {}

  /**
   * Some elements of one parameter: within 1e-3 of the largest sampled derivative.
   *
   * @param values the flat vector that {@code loss} reads; changed and put back
   */
  static void check(
      Parameter parameter,
      float[] gradient,
      double[] values,
      SplittableRandom random,
      DoubleSupplier loss) {
    double[] expected = new double[SAMPLES];
    int[] places = new int[SAMPLES];
    double largest = 0;
    for (int i = 0; i < SAMPLES; i++) {
      places[i] = parameter.offset() + random.nextInt(parameter.size());
      double kept = values[places[i]];
      values[places[i]] = kept + STEP;
      double above = loss.getAsDouble();
      values[places[i]] = kept - STEP;
      double below = loss.getAsDouble();
      values[places[i]] = kept;
      expected[i] = (above - below) / (2 * STEP);
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    for (int i = 0; i < SAMPLES; i++) {
      assertEquals(
          expected[i],
          gradient[places[i]],
          1e-3 * largest + 1e-7,
          parameter.key() + "[" + (places[i] - parameter.offset()) + "]");
    }
  }
}
