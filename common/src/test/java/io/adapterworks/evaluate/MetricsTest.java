package io.adapterworks.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every expected number here was worked out by hand or stands in the paper that is named. */
class MetricsTest {
  private static final List<String> ABC = List.of("a", "b", "c");

  /** Truths a a a b b c, predicted a a b b c c. */
  private static Outcomes sixRows() {
    return outcomes(
        ABC,
        row("one", "a", 0.8f, 0.1f, 0.1f),
        row("two", "a", 0.6f, 0.2f, 0.2f),
        row("three", "a", 0.3f, 0.5f, 0.2f),
        row("four", "b", 0.0f, 1.0f, 0.0f),
        row("five", "b", 0.0f, 0.1f, 0.9f),
        row("six", "c", 0.2f, 0.2f, 0.6f));
  }

  private record Row(LabelledText text, Prediction prediction) {}

  private static Row row(String text, String label, float... probabilities) {
    return new Row(new LabelledText(text, label), Prediction.ofProbabilities(probabilities));
  }

  private static Outcomes outcomes(List<String> labels, Row... rows) {
    Map<String, Prediction> answers = new LinkedHashMap<>();
    List<LabelledText> texts = new ArrayList<>();
    for (Row row : rows) {
      answers.put(row.text().text(), row.prediction());
      texts.add(row.text());
    }
    return Outcomes.of(new FixedClassifier(labels, answers), texts);
  }

  @Test
  void accuracyAndPerClassScoresOfSixRows() {
    Scores scores = Scores.of(sixRows());
    assertEquals(new Proportion(4, 6), scores.accuracy());
    assertEquals(
        List.of(
            new ClassScores("a", 2, 2, 3),
            new ClassScores("b", 1, 2, 2),
            new ClassScores("c", 1, 2, 1)),
        scores.perClass());
    ClassScores a = scores.perClass().get(0);
    assertEquals(1.0, a.precision().value(), 1e-12);
    assertEquals(2.0 / 3, a.recall().value(), 1e-12);
    assertEquals(0.8, a.f1(), 1e-12);
    assertEquals((0.8 + 0.5 + 2.0 / 3) / 3, scores.macroF1(), 1e-12);
  }

  @Test
  void macroF1LeavesOutALabelThatNeverOccursAndCountsOneThatIsOnlyPredicted() {
    List<ClassScores> perClass =
        List.of(
            new ClassScores("right", 2, 2, 2),
            new ClassScores("only predicted", 0, 1, 0),
            new ClassScores("never", 0, 0, 0));
    assertEquals(0.5, MacroF1.of(perClass), 1e-12);
  }

  @Test
  void macroF1IntervalHoldsTheEstimateAndIsTheSameEachTime() {
    Outcomes outcomes = sixRows();
    Interval first = MacroF1.bootstrapInterval(outcomes);
    assertEquals(first, MacroF1.bootstrapInterval(sixRows()));
    double estimate = Scores.of(outcomes).macroF1();
    assertTrue(first.low() < estimate && estimate < first.high(), first.toString());
    Outcomes perfect = outcomes(ABC, row("x", "a", 1, 0, 0), row("y", "b", 0, 1, 0));
    assertEquals(new Interval(1, 1), MacroF1.bootstrapInterval(perfect));
  }

  /** Newcombe 1998, Statistics in Medicine 17, table I, method 3. */
  @Test
  void wilsonIntervalsAreThoseOfNewcombe() {
    assertInterval(0.2553, 0.3662, new Proportion(81, 263).wilson(), 5e-5);
    assertInterval(0.0624, 0.1605, new Proportion(15, 148).wilson(), 5e-5);
    assertInterval(0, 0.1611, new Proportion(0, 20).wilson(), 5e-5);
    assertInterval(0.0061, 0.1718, new Proportion(1, 29).wilson(), 5e-5);
    assertEquals(new Interval(0, 1), new Proportion(0, 0).wilson());
    assertEquals(1, new Proportion(20, 20).wilson().high());
  }

  private static void assertInterval(double low, double high, Interval actual, double tolerance) {
    assertEquals(low, actual.low(), tolerance);
    assertEquals(high, actual.high(), tolerance);
  }

  /** 0.95 twice, one right: ½·|0.5 − 0.95|; 0.55 right: ¼·0.45; 0.65 right: ¼·0.35. */
  @Test
  void calibrationErrorWeighsTheGapOfEachBin() {
    List<String> two = List.of("a", "b");
    Calibration calibration =
        Calibration.of(
            outcomes(
                    two,
                    row("one", "a", 0.95f, 0.05f),
                    row("two", "b", 0.95f, 0.05f),
                    row("three", "b", 0.45f, 0.55f),
                    row("four", "a", 0.65f, 0.35f))
                .known());
    assertEquals(0.425, calibration.expectedError(), 1e-6);
    assertEquals(0.45, calibration.maximumError(), 1e-6);
    assertEquals(15, calibration.bins().size());
    assertEquals(new Proportion(1, 2), calibration.bins().get(14).accuracy());
    assertEquals(new Proportion(1, 1), calibration.bins().get(8).accuracy());
    assertEquals(new Proportion(1, 1), calibration.bins().get(9).accuracy());
  }

  /** 2·(1 + 10 + 45) / 2¹⁰ and 2 / 2⁵. */
  @Test
  void mcNemarIsTheExactTwoSidedBinomialTail() {
    assertEquals(0.109375, new PairedComparison(80, 2, 8, 10).pValue(), 1e-12);
    assertEquals(0.109375, new PairedComparison(80, 8, 2, 10).pValue(), 1e-12);
    assertEquals(0.0625, new PairedComparison(0, 5, 0, 0).pValue(), 1e-12);
    assertEquals(1, new PairedComparison(9, 0, 0, 1).pValue());
    assertEquals(1, new PairedComparison(0, 4000, 4000, 0).pValue(), 1e-9);
  }

  /** n 102, b 10.5, c 4.5: 6/102 ± 1.959964·√(15 − 36/102)/102. */
  @Test
  void differenceIntervalAddsHalfToEachCell() {
    PairedComparison comparison = new PairedComparison(80, 10, 4, 6);
    assertEquals(0.06, comparison.difference(), 1e-12);
    assertInterval(-0.014716, 0.132364, comparison.differenceInterval(), 1e-6);
  }

  @Test
  void pairingCountsWhoWasRight() {
    Outcomes candidate = sixRows();
    Outcomes reference =
        outcomes(
            ABC,
            row("one", "a", 1, 0, 0),
            row("two", "a", 0, 1, 0),
            row("three", "a", 1, 0, 0),
            row("four", "b", 0, 1, 0),
            row("five", "b", 0, 0, 1),
            row("six", "c", 1, 0, 0));
    assertEquals(new PairedComparison(2, 2, 1, 1), PairedComparison.of(candidate, reference));
  }

  @Test
  void pairingTwoModelsWithDifferentLabelsCountsTheUnknownLabelAsWrong() {
    Outcomes candidate = outcomes(ABC, row("one", "a", 1, 0, 0), row("two", "c", 0, 0, 1));
    Outcomes reference = outcomes(List.of("a", "b"), row("one", "a", 1, 0), row("two", "c", 0, 1));
    assertEquals(new PairedComparison(1, 1, 0, 0), PairedComparison.of(candidate, reference));
  }

  @Test
  void pairingOtherRowsIsRefused() {
    AdapterworksException shorter =
        assertThrows(
            AdapterworksException.class,
            () -> PairedComparison.of(sixRows(), outcomes(ABC, row("one", "a", 0.8f, 0.1f, 0.1f))));
    assertEquals(ErrorCode.INPUT, shorter.code());
    assertEquals(
        "the candidate was tested on 6 rows, the reference on 1; expected the same rows;"
            + " evaluate both on one dataset version",
        shorter.getMessage());
  }

  @Test
  void unknownLabelsAreCountedAndKeptOutOfTheMetrics() {
    Outcomes outcomes =
        outcomes(
            List.of("a", "b"),
            row("one", "a", 1, 0),
            row("two", "zebra", 1, 0),
            row("three", "yak", 0, 1),
            row("four", "zebra", 0, 1));
    assertEquals(Map.of("zebra", 2, "yak", 1), outcomes.unknownLabels());
    assertEquals(3, outcomes.unknownCount());
    assertEquals(4, outcomes.all().size());
    assertEquals(new Proportion(1, 1), Scores.of(outcomes).accuracy());
  }

  @Test
  void onlyUnknownLabelsIsAnError() {
    AdapterworksException error =
        assertThrows(
            AdapterworksException.class,
            () -> outcomes(List.of("a", "b"), row("one", "A", 1, 0), row("two", "B", 1, 0)));
    assertEquals(ErrorCode.INPUT, error.code());
    assertEquals(
        "none of the 2 rows has a label that the model knows; the rows have A, B, the model a, b;"
            + " check which column holds the label",
        error.getMessage());
  }

  @Test
  void topConfusionsComeMostFrequentFirst() {
    Outcomes outcomes =
        outcomes(
            ABC,
            row("one", "a", 0, 0, 1),
            row("two", "b", 1, 0, 0),
            row("three", "b", 0.9f, 0.1f, 0),
            row("four", "b", 0, 1, 0));
    ConfusionMatrix matrix = ConfusionMatrix.of(outcomes);
    assertEquals(
        List.of(
            new ConfusionMatrix.Confusion("b", "a", 2, 3),
            new ConfusionMatrix.Confusion("a", "c", 1, 1)),
        matrix.topConfusions(5));
    assertEquals(1, matrix.topConfusions(1).size());
  }

  @Test
  void mistakesComeMostConfidentFirst() {
    List<String> texts =
        sixRows().mostConfidentMistakes(9).stream().map(o -> o.row().text()).toList();
    assertEquals(List.of("five", "three"), texts);
  }

  @Test
  void softmaxOfLogitsIsStableAndRefusesNaN() {
    Prediction prediction = Prediction.ofLogits(1000f, 1000f, -1000f);
    assertEquals(Prediction.ofProbabilities(0.5f, 0.5f, 0f), prediction);
    assertEquals(0, prediction.labelIndex());
    AdapterworksException error =
        assertThrows(AdapterworksException.class, () -> Prediction.ofLogits(0f, Float.NaN));
    assertEquals(ErrorCode.NUMERIC, error.code());
    assertEquals(
        "logit 1 is NaN; expected a finite number; the adapter may have diverged in training",
        error.getMessage());
  }

  @Test
  void probabilitiesThatAreNoDistributionAreRefused() {
    AdapterworksException error =
        assertThrows(AdapterworksException.class, () -> Prediction.ofProbabilities(0.5f, 0.25f));
    assertEquals(
        "the probabilities of a prediction sum to 0.75; expected 1; pass logits through ofLogits",
        error.getMessage());
  }
}
