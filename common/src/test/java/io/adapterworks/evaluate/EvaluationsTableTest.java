package io.adapterworks.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.TestSpark;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.WriteOutcome.Committed;
import io.adapterworks.table.WriteOutcome.Unchanged;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationsTableTest {
  private static final EvaluationSubject SUBJECT =
      new EvaluationSubject(
          "support-intents",
          2,
          "run-7",
          new TestData("curated_examples", OptionalLong.of(4), "test"),
          Instant.parse("2026-03-01T08:00:00Z"));

  private static final List<LabelledText> ROWS =
      List.of(
          new LabelledText("one", "a"),
          new LabelledText("two", "a"),
          new LabelledText("three", "b"),
          new LabelledText("four", "c"));

  private static Outcomes outcomes(float[]... probabilities) {
    Map<String, Prediction> answers =
        Map.of(
            "one", Prediction.ofProbabilities(probabilities[0]),
            "two", Prediction.ofProbabilities(probabilities[1]),
            "three", Prediction.ofProbabilities(probabilities[2]),
            "four", Prediction.ofProbabilities(1, 0));
    return Outcomes.of(new FixedClassifier(List.of("a", "b"), answers), ROWS);
  }

  private static Evaluation evaluation() {
    Outcomes candidate = outcomes(new float[] {1, 0}, new float[] {0, 1}, new float[] {0, 1});
    Outcomes base = outcomes(new float[] {0, 1}, new float[] {0, 1}, new float[] {0, 1});
    return Evaluation.of(candidate).againstBase(base).againstChampion("support-intents@1", base);
  }

  @Test
  void everyNumberBecomesARow() {
    List<String> rows =
        EvaluationsTable.rows(SUBJECT, evaluation()).stream()
            .map(EvaluationsTableTest::brief)
            .toList();
    assertEquals(
        List.of(
            "adapter accuracy all 0.667 [0.208, 0.939] of 3",
            "adapter macroF1 all 0.667 [0.000, 1.000] of 3",
            "adapter ece all 0.333 [-] of 3",
            "adapter worstRecall all 0.500 [-] of 3",
            "adapter gainOverBase all 0.250 [-0.276, 0.609] of 4",
            "adapter unknownRows all 1.000 [-] of 4",
            "base accuracy all 0.333 [0.061, 0.792] of 3",
            "base macroF1 all 0.250 [0.000, 1.000] of 3",
            "base pValue all 1.000 [-] of 4",
            "support-intents@1 accuracy all 0.333 [0.061, 0.792] of 3",
            "support-intents@1 macroF1 all 0.250 [0.000, 1.000] of 3",
            "support-intents@1 pValue all 1.000 [-] of 4",
            "adapter gainOverChampion all 0.250 [-0.276, 0.609] of 4",
            "adapter precision label:a 1.000 [0.207, 1.000] of 1",
            "adapter recall label:a 0.500 [0.095, 0.905] of 2",
            "adapter f1 label:a 0.667 [-] of 2",
            "adapter precision label:b 0.500 [0.095, 0.905] of 2",
            "adapter recall label:b 1.000 [0.207, 1.000] of 1",
            "adapter f1 label:b 0.667 [-] of 1"),
        rows);
  }

  private static String brief(Row row) {
    int value = EvaluationsTable.SPEC.columnNames().indexOf(EvaluationsTable.VALUE);
    String interval =
        row.isNullAt(value + 1)
            ? "-"
            : String.format(
                Locale.ROOT, "%.3f, %.3f", row.getDouble(value + 1), row.getDouble(value + 2));
    return String.format(
        Locale.ROOT,
        "%s %s %s %.3f [%s] of %d",
        row.get(value - 3),
        row.get(value - 2),
        row.get(value - 1),
        row.getDouble(value),
        interval,
        row.getLong(value + 3));
  }

  @Test
  void aMeasurementIsWrittenOnceWhicheverRunAsks(@TempDir Path warehouse) {
    DeltaStore store = new DeltaStore(TestSpark.session(), warehouse.toString());
    assertEquals(new Committed(0), EvaluationsTable.write(store, SUBJECT, evaluation()));
    EvaluationSubject again =
        new EvaluationSubject(
            SUBJECT.adapter(), SUBJECT.version(), "run-8", SUBJECT.data(), SUBJECT.at());
    assertEquals(new Unchanged(0), EvaluationsTable.write(store, again, evaluation()));
    assertEquals(19, store.read(EvaluationsTable.SPEC).count());
    Row accuracy = store.read(EvaluationsTable.SPEC).where("metric = 'accuracy'").first();
    assertEquals("support-intents", accuracy.getAs(EvaluationsTable.ADAPTER));
    assertEquals(2, accuracy.<Integer>getAs(EvaluationsTable.ADAPTER_VERSION));
    assertEquals(4L, accuracy.<Long>getAs(EvaluationsTable.DATASET_VERSION));
  }
}
