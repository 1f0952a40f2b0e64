package io.adapterworks.curate.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.curate.review.Judgement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DatasetPlanTest {
  private static final Cells ONE_CELL = Cells.fit(null, 0, 1000);

  @Test
  void whatASmallGroupCannotFillGoesToTheOthers() {
    assertEquals(Map.of("a", 2, "b", 4, "c", 4), Quotas.even(Map.of("a", 2, "b", 9, "c", 5), 10));
    assertEquals(Map.of("a", 2, "b", 1), Quotas.even(Map.of("a", 2, "b", 1), 10));
  }

  @Test
  void quotasInProportionGiveOutEveryRow() {
    assertEquals(
        Map.of("a", 5, "b", 3, "c", 2), Quotas.proportional(Map.of("a", 10, "b", 6, "c", 4), 10));
    assertEquals(Map.of("a", 1, "b", 1), Quotas.proportional(Map.of("a", 1, "b", 1), 5));
  }

  @Test
  void aRowThatSaysTheSameAsOneOfItsLabelGoesAndTellsWhich() {
    List<LeftOut> dropped =
        new SemanticDuplicates(0.95, ONE_CELL)
            .find(
                List.of(
                    example("1", "card gone", "lost", 0),
                    example("2", "the card is gone", "lost", 5),
                    example("3", "card gone", "stolen", 0),
                    example("4", "no card", "lost", 60)));

    assertEquals(1, dropped.size());
    assertEquals("2", dropped.get(0).example().id());
    assertEquals("1", dropped.get(0).keptId());
    assertEquals("says the same as “card gone” (cosine 0.996)", dropped.get(0).reason());
  }

  @Test
  void neighboursOfNeighboursAreNotPulledTogether() {
    List<Example> chain = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      chain.add(example("" + i, "row " + i, "a", 15 * i));
    }

    // 15 degrees apart: cosine 0.966; 30 degrees: 0.866.
    List<LeftOut> dropped = new SemanticDuplicates(0.95, ONE_CELL).find(chain);

    assertEquals(List.of("1", "3", "5"), dropped.stream().map(d -> d.example().id()).toList());
  }

  @Test
  void aTrainingRowThatHoldsAHeldOutTextGoes() {
    Decontamination decontamination =
        new Decontamination(
            new DecontaminationConfig(true, 3, 0.8, List.of()),
            List.of("How do I reset my PIN?", "my card was declined in the shop today"));

    List<LeftOut> found =
        decontamination.find(
            List.of(
                example("1", "hello, how do i reset my pin please", "pin", 0),
                example("2", "how do I change the address", "address", 0),
                example("3", "my card was stolen in the shop yesterday", "stolen", 0)));

    assertEquals(1, found.size());
    assertEquals("1", found.get(0).example().id());
    assertEquals(
        "shares 100 % of its words in a row with held-out “How do I reset my PIN?”",
        found.get(0).reason());
  }

  @Test
  void selectionIsEvenOverLabelsSpreadAndLeavesDoubtfulRowsForLast() {
    List<Example> pool = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      // Four places of two rows each.
      pool.add(example("a" + i, "a" + i, "a", 20 * (i / 2) + i % 2));
    }
    pool.add(example("b0", "b0", "b", 0));
    pool.add(doubtful("b1", "b"));
    pool.add(doubtful("a9", "a"));

    Selection.Picked picked = new Selection(5, 0.7, ONE_CELL).pick(pool);

    Map<String, Long> places =
        picked.rows().stream()
            .filter(row -> row.label().equals("a"))
            .collect(
                Collectors.groupingBy(
                    row -> "place " + (row.id().charAt(1) - '0') / 2, Collectors.counting()));
    assertEquals(Map.of("place 0", 1L, "place 1", 1L, "place 2", 1L, "place 3", 1L), places);
    assertEquals(
        List.of("a9 under-review", "b1 under-review"),
        picked.leftOut().stream()
            .filter(row -> row.rule().equals("under-review"))
            .map(row -> row.example().id() + " " + row.rule())
            .sorted()
            .toList());
    assertEquals(11, picked.rows().size() + picked.leftOut().size());
  }

  @Test
  void aPoolNoLargerThanTheTargetStaysWhole() {
    List<Example> pool = List.of(example("1", "x", "a", 0), doubtful("2", "a"));

    assertEquals(pool, new Selection(2, 0.7, ONE_CELL).pick(pool).rows());
  }

  private static Example doubtful(String id, String label) {
    return new Example(
        id, id, label, 1, angle(0), new Judgement(id, label, "other", 0.1, 0.8, true));
  }

  private static Example example(String id, String text, String label, double degrees) {
    return new Example(id, text, label, 1, angle(degrees), null);
  }

  private static float[] angle(double degrees) {
    double radians = Math.toRadians(degrees);
    return new float[] {(float) Math.cos(radians), (float) Math.sin(radians)};
  }
}
