package io.adapterworks.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.error.AdapterworksException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NearestCentroidTest {
  private static final Map<String, float[]> VECTORS =
      Map.of(
          "north", new float[] {0, 2},
          "nearly north", new float[] {0.1f, 1},
          "east", new float[] {3, 0},
          "far north-north-east", new float[] {40, 100},
          "nowhere", new float[] {0, 0});

  private static float[][] embed(List<String> texts) {
    return texts.stream().map(VECTORS::get).toArray(float[][]::new);
  }

  private static NearestCentroid fitted() {
    return NearestCentroid.fit(
        NearestCentroidTest::embed,
        List.of(
            new LabelledText("north", "up"),
            new LabelledText("nearly north", "up"),
            new LabelledText("east", "right")));
  }

  @Test
  void labelsAreSortedAndATextTakesTheNearestByAngleNotByLength() {
    NearestCentroid baseline = fitted();
    assertEquals(List.of("right", "up"), baseline.labels());
    List<Integer> predicted =
        baseline.predict(List.of("far north-north-east", "east")).stream()
            .map(Prediction::labelIndex)
            .toList();
    assertEquals(List.of(1, 0), predicted);
  }

  @Test
  void aTextWithoutDirectionIsAnEvenGuess() {
    assertEquals(
        Prediction.ofProbabilities(0.5f, 0.5f), fitted().predict(List.of("nowhere")).get(0));
  }

  @Test
  void oneLabelIsRefused() {
    AdapterworksException error =
        assertThrows(
            AdapterworksException.class,
            () ->
                NearestCentroid.fit(
                    NearestCentroidTest::embed, List.of(new LabelledText("north", "up"))));
    assertEquals(
        "the training rows have 1 different labels; expected 2 or more; check the label column",
        error.getMessage());
  }
}
