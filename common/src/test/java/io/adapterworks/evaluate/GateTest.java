package io.adapterworks.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.typesafe.config.ConfigFactory;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GateTest {
  private static final Prediction A = Prediction.ofProbabilities(1, 0);
  private static final Prediction B = Prediction.ofProbabilities(0, 1);

  /** {@code rows} rows of label a of which the first {@code right} are predicted right. */
  private static Outcomes outcomes(int right, int rows) {
    Map<String, Prediction> answers = new LinkedHashMap<>();
    List<LabelledText> texts = new ArrayList<>();
    IntStream.range(0, rows)
        .forEach(
            i -> {
              answers.put("text " + i, i < right ? A : B);
              texts.add(new LabelledText("text " + i, "a"));
            });
    return Outcomes.of(new FixedClassifier(List.of("a", "b"), answers), texts);
  }

  private static SuccessCriteria criteria(String hocon) {
    return ConfigReader.read(
        ConfigFactory.parseString(hocon).getConfig("success"), SuccessCriteria.class);
  }

  @Test
  void aCriterionIsMetNarrowlyWhereTheIntervalReachesBeyondTheBound() {
    Gate gate =
        new Gate(
            criteria(
                "success { championMargin = 0.005, kpis { accuracy { atLeast = 0.7 },"
                    + " worstRecall { atLeast = 0.9 }, ece { atMost = 0.5 } } }"));
    List<Verdict> verdicts = gate.judge(Evaluation.of(outcomes(80, 100)));
    assertEquals(
        List.of(
            "accuracy 0.8000, expected at least 0.7000: YES",
            "ece 0.2000, expected at most 0.5000: YES",
            "worstRecall 0.8000, expected at least 0.9000: NO"),
        verdicts.stream().map(v -> v.describe() + ": " + v.met()).toList());
    List<Verdict> close =
        new Gate(criteria("success { championMargin = 0, kpis { accuracy { atLeast = 0.79 } } }"))
            .judge(Evaluation.of(outcomes(80, 100)));
    assertEquals(Verdict.Met.NARROWLY, close.get(0).met());
  }

  @Test
  void aCriterionThatWasNotMeasuredIsNotMet() {
    List<Verdict> verdicts =
        new Gate(
                criteria("success { championMargin = 0, kpis { gainOverBase { atLeast = 0.1 } } }"))
            .judge(Evaluation.of(outcomes(80, 100)));
    assertEquals("gainOverBase not measured, expected at least 0.1000", verdicts.get(0).describe());
    assertEquals(Verdict.Met.NO, verdicts.get(0).met());
  }

  @Test
  void theChampionMayBeMissedByTheMarginButNotByMore() {
    Evaluation evaluation =
        Evaluation.of(outcomes(90, 100)).againstChampion("intents@3", outcomes(92, 100));
    Verdict within = new Gate(new SuccessCriteria(Map.of(), 0.02)).judge(evaluation).get(0);
    assertEquals(Verdict.Met.NARROWLY, within.met());
    Verdict beyond = new Gate(new SuccessCriteria(Map.of(), 0.01)).judge(evaluation).get(0);
    assertEquals(Verdict.Met.NO, beyond.met());
    assertEquals(
        "accuracy against champion intents@3 -0.0200, expected at least -0.0100",
        beyond.describe());
  }

  @Test
  void gainOverBaseIsTheDifferenceOnTheSameRows() {
    Evaluation evaluation = Evaluation.of(outcomes(90, 100)).againstBase(outcomes(60, 100));
    assertEquals(Optional.of(0.3), Metric.GAIN_OVER_BASE.of(evaluation));
  }

  @Test
  void anUnknownMetricNamesTheNearest() {
    AdapterworksException error =
        assertThrows(
            AdapterworksException.class,
            () -> new SuccessCriteria(Map.of("macro_f1", Bound.atLeast(0.8)), 0));
    assertEquals(ErrorCode.CONFIGURATION, error.code());
    assertEquals(
        "success.kpis.macro_f1 is no metric; did you mean macroF1?"
            + " Known: accuracy, macroF1, ece, worstRecall, gainOverBase, perplexity,"
            + " perplexityRatio, tokenAccuracy, rougeL, rougeLGain, exactMatch",
        error.getMessage());
  }

  @Test
  void aBoundOrMarginOutOfRangeIsRefused() {
    AdapterworksException percent =
        assertThrows(AdapterworksException.class, () -> Bound.atLeast(88));
    assertEquals("atLeast=88.0; expected -1.0 to 1.0", percent.getMessage());
    AdapterworksException margin =
        assertThrows(AdapterworksException.class, () -> new SuccessCriteria(Map.of(), -0.1));
    assertEquals("success.championMargin=-0.1; expected 0.0 to 1.0", margin.getMessage());
  }
}
