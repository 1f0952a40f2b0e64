package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.Bound;
import io.adapterworks.evaluate.Classifier;
import io.adapterworks.evaluate.Evaluation;
import io.adapterworks.evaluate.Gate;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.evaluate.Prediction;
import io.adapterworks.evaluate.SuccessCriteria;
import io.adapterworks.evaluate.TestData;
import io.adapterworks.evaluate.Verdict;
import io.adapterworks.evaluate.report.TrainingCurve.Point;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;

/** Invented evaluations that look like real ones: some labels are mixed up with a neighbour. */
final class ReportSample {
  static final List<String> SUPPORT_INTENTS =
      List.of(
          "account_locked",
          "address_change",
          "atm_cash_missing",
          "card_arrival",
          "card_declined",
          "card_lost_or_stolen",
          "card_pin",
          "cash_deposit",
          "close_account",
          "direct_debit_dispute",
          "exchange_rate",
          "fee_question",
          "identity_check",
          "limits",
          "refund_missing",
          "statement_request",
          "top_up_failed",
          "transfer_pending",
          "transfer_to_wrong_person",
          "unknown_payment");

  private static final List<String> MESSAGES =
      List.of(
          "Hi, third time I write!! My card still isn't here and the app says delivered on Monday",
          "took 200 out at the machine in Leeds, machine ate it, no cash, account says -200. help",
          "Could you kindly tell me why a fee of 1.75 was charged on top of my payment in Lisbon?",
          "i dont recognise a payment to PAYPL *GMBH 49,90. if you don't sort this i'm leaving",
          "<script>alert('x')</script> & \"quotes\" — pasted from your own error page",
          "Why was my transfer to my landlord sent to somebody else with almost the same name",
          "pls unlock",
          "Good morning. I moved to 14 Orchard Way last week; where can I enter the new address?");

  private ReportSample() {}

  /**
   * A model that is right for about {@code skill} of the rows and otherwise mostly names a
   * neighbouring label; {@code boldness} above one makes it surer than it should be.
   */
  record Simulated(List<String> labels, double skill, double boldness, long seed)
      implements Classifier {
    @Override
    public List<Prediction> predict(List<String> texts) {
      List<Prediction> predictions = new ArrayList<>();
      for (String text : texts) {
        predictions.add(predict(text));
      }
      return predictions;
    }

    private Prediction predict(String text) {
      Random row = new Random(31L * text.hashCode());
      Random own = new Random(seed * 7919 + text.hashCode());
      int truth = Integer.parseInt(text.substring(text.lastIndexOf('#') + 1));
      double hardness = 0.6 * row.nextDouble() + 0.4 * own.nextDouble();
      double weakness = truth % 7 == 3 ? 0.12 : 0;
      boolean right = truth < labels.size() && hardness < skill - weakness;
      int neighbour = (truth + (row.nextInt(10) < 7 ? 1 : 2 + row.nextInt(9))) % labels.size();
      float[] logits = new float[labels.size()];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) own.nextGaussian();
      }
      double margin = (right ? 5 + 4 * own.nextDouble() : 3 + 3 * own.nextDouble()) * boldness;
      logits[right ? truth : neighbour] += (float) margin;
      logits[right ? neighbour : Math.min(truth, labels.size() - 1)] += (float) (0.4 * margin);
      return Prediction.ofLogits(logits);
    }
  }

  static List<LabelledText> rows(List<String> labels, int count) {
    Random random = new Random(11);
    List<LabelledText> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int truth = (int) (labels.size() * Math.pow(random.nextDouble(), 1.3));
      String text = MESSAGES.get(random.nextInt(MESSAGES.size()));
      rows.add(new LabelledText(text + " (ref " + i + ") #" + truth, labels.get(truth)));
    }
    return rows;
  }

  static TrainingCurve curve(int steps, int epochs) {
    Random random = new Random(5);
    List<Point> loss = new ArrayList<>();
    for (int step = 1; step <= steps; step++) {
      double level = 0.12 + 2.9 * Math.exp(-5.0 * step / steps);
      loss.add(new Point(step, Math.max(0.01, level * (1 + 0.25 * random.nextGaussian()))));
    }
    List<Point> accuracy = new ArrayList<>();
    for (int epoch = 1; epoch <= epochs; epoch++) {
      double level = 0.925 - 0.4 * Math.exp(-1.1 * epoch) + 0.006 * random.nextGaussian();
      accuracy.add(new Point(steps * epoch / epochs, level));
    }
    return new TrainingCurve(loss, accuracy);
  }

  /** A candidate on invented rows beside the base and a champion. */
  static ReportInput input(List<String> labels, int rowCount, double accuracyBound) {
    List<LabelledText> rows = rows(labels, rowCount);
    Outcomes candidate = Outcomes.of(new Simulated(labels, 0.86, 1, 1), rows);
    Evaluation evaluation =
        Evaluation.of(candidate)
            .againstBase(Outcomes.of(new Simulated(labels, 0.62, 0.4, 2), rows))
            .againstChampion(
                "support-intents@3", Outcomes.of(new Simulated(labels, 0.845, 1.1, 3), rows));
    Map<String, Bound> kpis = new LinkedHashMap<>();
    kpis.put("accuracy", Bound.atLeast(accuracyBound));
    kpis.put("macroF1", Bound.atLeast(0.88));
    kpis.put("ece", Bound.atMost(0.08));
    kpis.put("worstRecall", Bound.atLeast(0.6));
    kpis.put("gainOverBase", Bound.atLeast(0.1));
    List<Verdict> verdicts = new Gate(new SuccessCriteria(kpis, 0.005)).judge(evaluation);
    boolean passed = verdicts.stream().allMatch(Verdict::passed);
    return new ReportInput(
        "support-intents@4",
        "Sorts messages to the support desk of a neobank by what the customer wants.",
        Instant.parse("2026-03-01T08:12:00Z"),
        new TestData("curated_examples", OptionalLong.of(12), "test"),
        evaluation,
        verdicts,
        Optional.of(
            passed
                ? "Alias champion moved from version 3 to version 4."
                : "Alias champion stays at version 3."),
        Optional.of(curve(1460, 10)),
        List.of(
            new Fact("Dataset", "curated_examples, version 12"),
            new Fact("Base model", "builtin:all-minilm-l6-v2"),
            new Fact("Base fingerprint", "sha256:9f2c41d07ab35e6688c1d24be3f0a7715c6de0b14a2f"),
            new Fact("Adapter", "support-intents, version 4"),
            new Fact("LoRA", "rank 8, alpha 16, on query, key, value, output, up, down"),
            new Fact("Seed", "42"),
            new Fact("Number type", "float32"),
            new Fact("Configuration hash", "1b7f60c2d9e84c5588a0e3b1c4d2f6a9"),
            new Fact("Code version", "0.1.0"),
            new Fact("Run", "20260301-081101-3fa2")));
  }
}
