package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Comparisons of float vectors whose failure says what differs and by how much. */
final class Closeness {
  private Closeness() {}

  /** max |actual − expected| ≤ tolerance. */
  static void assertWithin(String what, float[] expected, float[] actual, double tolerance) {
    assertEquals(expected.length, actual.length, what + ": length");
    double worst = 0;
    int at = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs((double) expected[i] - actual[i]);
      if (!(difference <= worst)) {
        worst = difference;
        at = i;
      }
    }
    assertTrue(
        worst <= tolerance,
        what
            + ": differs by "
            + worst
            + " at element "
            + at
            + " (expected "
            + expected[at]
            + ", was "
            + actual[at]
            + "), more than "
            + tolerance);
  }

  /** ‖actual − expected‖ / ‖expected‖ ≤ tolerance. */
  static void assertRelativelyWithin(
      String what, float[] expected, float[] actual, double tolerance) {
    assertEquals(expected.length, actual.length, what + ": length");
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow((double) expected[i] - actual[i], 2);
      norm += Math.pow(expected[i], 2);
    }
    double relative = norm == 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
    assertTrue(
        relative <= tolerance, what + ": differs by " + relative + ", more than " + tolerance);
  }
}
