package io.adapterworks.evaluate.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScaleTest {
  private static TrainingCurve accuracies(double... values) {
    List<TrainingCurve.Point> points = new ArrayList<>();
    for (double value : values) {
      points.add(new TrainingCurve.Point(10 * (points.size() + 1), value));
    }
    return new TrainingCurve(List.of(new TrainingCurve.Point(1, 0.5)), points);
  }

  @Test
  void ticksAreRoundValuesWithin() {
    assertEquals(List.of(0.0, 0.5, 1.0, 1.5), new Scale(0, 1.7, 0, 100).ticks(4));
    assertEquals(new Scale(0.8, 1, 0, 100), Scale.rounded(0.81, 0.97, 0, 100));
  }

  @Test
  void noRangeIsRefusedSinceItsTicksWouldNeverEnd() {
    assertThrows(IllegalArgumentException.class, () -> new Scale(1, 1, 0, 100));
    assertThrows(IllegalArgumentException.class, () -> new Scale(0, Double.NaN, 0, 100));
  }

  /** A validation split that is all right from the first epoch on, or never. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.04, 0.5, 1})
  void aCurveThatStaysWhereItIsIsDrawn(double value) {
    String svg = TrainingSection.render(accuracies(value, value));
    assertTrue(svg.contains("best " + Text.percent(value)), svg);
  }

  @Test
  void aTrainingThatDivergedIsDrawnAsFarAsItGoes() {
    List<TrainingCurve.Point> loss =
        List.of(
            new TrainingCurve.Point(1, 2), new TrainingCurve.Point(2, Double.POSITIVE_INFINITY));
    String html = TrainingSection.render(new TrainingCurve(loss, List.of()));
    assertTrue(html.contains("1 optimizer steps"), html);
  }
}
