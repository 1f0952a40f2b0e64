package io.adapterworks.curate.review;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.TestSpark;
import io.adapterworks.curate.embedding.ClassifierConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class ConfidentLearningTest {
  private static final List<String> LABELS = List.of("card", "pin", "refund");
  private static final LabelReviewConfig CONFIG =
      new LabelReviewConfig(true, 0.8, 3, new ClassifierConfig(1e-3, 30, 1e-4));
  private static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.StringType)
          .add("cluster_id", DataTypes.StringType)
          .add("label", DataTypes.StringType)
          .add("vector", DataTypes.createArrayType(DataTypes.FloatType, false));

  /** Flipped rows, by id, with their right label. */
  private final Map<String, String> flipped = new TreeMap<>();

  @Test
  void flippedLabelsComeFirstWithTheRightSuggestion() {
    List<Row> rows = rows();

    List<Judgement> judged = new ConfidentLearning(CONFIG, LABELS).judge(table(rows));

    assertEquals(rows.size(), judged.size());
    List<Judgement> top = judged.subList(0, flipped.size());
    Map<String, String> suggested = new TreeMap<>();
    top.forEach(judgement -> suggested.put(judgement.id(), judgement.suggested()));
    assertEquals(flipped, suggested);
    assertTrue(top.stream().allMatch(Judgement::suspect), top::toString);
    assertEquals(flipped.size(), judged.stream().filter(Judgement::suspect).count());
  }

  @Test
  void theOrderOfRowsDoesNotMatter() {
    List<Row> rows = rows();
    List<Row> shuffled = new ArrayList<>(rows);
    Collections.shuffle(shuffled, new Random(5));

    ConfidentLearning learning = new ConfidentLearning(CONFIG, LABELS);

    assertEquals(learning.judge(table(rows)), learning.judge(table(shuffled)));
  }

  /** Three clouds in four dimensions, the last of which holds only the dust of a dead dimension. */
  private List<Row> rows() {
    Random random = new Random(7);
    List<Row> rows = new ArrayList<>();
    Set<Integer> wrong = Set.of(3, 22, 41, 50);
    for (int i = 0; i < 60; i++) {
      int right = i % 3;
      float[] vector = new float[4];
      for (int j = 0; j < 3; j++) {
        vector[j] = (float) ((j == right ? 0.9 : 0.1) + 0.05 * random.nextGaussian());
      }
      vector[3] = (float) (1e-33 * random.nextGaussian());
      String id = "row" + (100 + i);
      int given = wrong.contains(i) ? (right + 1) % 3 : right;
      if (given != right) {
        flipped.put(id, LABELS.get(right));
      }
      rows.add(RowFactory.create(id, id, LABELS.get(given), vector));
    }
    return rows;
  }

  private static Dataset<Row> table(List<Row> rows) {
    return TestSpark.session().createDataFrame(rows, SCHEMA);
  }
}
