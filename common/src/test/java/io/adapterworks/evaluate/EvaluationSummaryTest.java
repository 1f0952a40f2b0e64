package io.adapterworks.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationSummaryTest {
  private static final Prediction A = Prediction.ofProbabilities(0.75f, 0.25f);
  private static final Prediction B = Prediction.ofProbabilities(0.25f, 0.75f);

  private static Outcomes outcomes(Prediction one, Prediction two) {
    return Outcomes.of(
        new FixedClassifier(List.of("a", "b"), Map.of("one", one, "two", two, "three", A)),
        List.of(
            new LabelledText("one", "a"),
            new LabelledText("two", "b"),
            new LabelledText("three", "zebra")));
  }

  private static Evaluation evaluation() {
    return Evaluation.of(outcomes(A, A)).againstBase(outcomes(B, A));
  }

  @Test
  void linesTellTheNumbersTheWeakestAndWhatWasLeftOut() {
    assertEquals(
        List.of(
            "intents@2 on 3 rows of test.csv",
            "  Accuracy                    0.5000  (95 % interval 0.0945 to 0.9055)",
            "  Macro-F1                    0.3333  (95 % interval 0.0000 to 1.0000)",
            "  Calibration error (ECE)     0.2500",
            "  Worst recall of a label     0.0000",
            "  Accuracy gained over base   0.3333  (95 % interval -0.3259 to 0.7259)",
            "  against base: accuracy 0.0000, difference +0.3333, p 1.0000",
            "Weakest labels (F1, recall, rows):",
            "  b                                        0.0000  0.0000      1",
            "  a                                        0.6667  1.0000      1",
            "Commonest confusions:",
            "  b taken for a: 1 of 1",
            "Rows with labels that the model does not know, left out above: 1",
            "  zebra: 1"),
        EvaluationSummary.lines("intents@2", TestData.ofFile("test.csv"), evaluation()));
  }

  @Test
  void jsonHoldsEveryNumber() {
    assertEquals(
        "{\"adapter\":\"intents@2\",\"dataset\":\"test.csv\",\"split\":\"all\",\"rows\":2,"
            + "\"unknownRows\":1,\"unknownLabels\":{\"zebra\":1},\"metrics\":{"
            + "\"accuracy\":{\"value\":0.5,\"low\":0.09453120573423074,\"high\":0.9054687942657693},"
            + "\"macroF1\":{\"value\":0.3333333333333333,\"low\":0.0,\"high\":1.0},"
            + "\"ece\":{\"value\":0.25},\"worstRecall\":{\"value\":0.0}},\"rivals\":[],\"labels\":["
            + "{\"label\":\"a\",\"rows\":1,\"precision\":0.5,\"recall\":1.0,"
            + "\"f1\":0.6666666666666666},"
            + "{\"label\":\"b\",\"rows\":1,\"precision\":0.0,\"recall\":0.0,\"f1\":0.0}],"
            + "\"confusions\":[{\"label\":\"b\",\"predicted\":\"a\",\"rows\":1}]}",
        EvaluationSummary.json(
                "intents@2", TestData.ofFile("test.csv"), Evaluation.of(outcomes(A, A)))
            .toString());
  }
}
