package io.adapterworks.curate.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.curate.dataset.Augmentation.Variant;
import io.adapterworks.curate.dataset.WordEdits.Operation;
import io.adapterworks.curate.review.Judgement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Which rows are varied, and what an edit leaves alone. */
class AugmentationTest {
  private static final List<String> LABEL_WORDS = List.of("please", "again");

  @Test
  void placeholdersNumbersAndNegationsStayWhereTheyAre() {
    String text = "I did not get [NAME_1] the 250 pounds that don't belong to my account";
    List<String> words = List.of(text.split(" "));
    for (int seed = 0; seed < 200; seed++) {
      for (Operation operation : Operation.values()) {
        String edited = edit(operation, text, 0.2, seed).orElseThrow();
        List<String> after = List.of(edited.split(" "));
        for (String kept : List.of("not get", "[NAME_1]", "250", "don't belong")) {
          assertTrue((" " + edited + " ").contains(" " + kept + " "), edited);
        }
        int expected =
            words.size()
                + switch (operation) {
                  case SWAP -> 0;
                  case DELETE -> -3;
                  case INSERT -> 3;
                };
        assertEquals(expected, after.size(), edited);
        if (operation == Operation.SWAP) {
          assertEquals(new TreeSet<>(words), new TreeSet<>(after));
          assertEquals("not", after.get(2));
          assertEquals("[NAME_1]", after.get(4));
        }
      }
    }
  }

  @Test
  void whatHasNothingToEditIsLeftAlone() {
    assertEquals(Optional.empty(), edit(Operation.SWAP, "card lost", 0.5, 1));
    assertEquals(Optional.empty(), edit(Operation.SWAP, "12 13 14 [CARD_1] 15", 0.5, 1));
    assertEquals(Optional.empty(), edit(Operation.DELETE, "12 13 14 [CARD_1] 15", 0.5, 1));
  }

  @Test
  void smallLabelsAreFilledUpAndDoubtfulOrReviewedRowsAreNoParents() {
    List<Example> rows = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      rows.add(row("big" + (char) ('a' + i), "card", null));
    }
    for (int i = 0; i < 4; i++) {
      rows.add(row("small" + (char) ('a' + i), "pin", null));
    }
    Judgement doubt = new Judgement("doubted", "pin", "card", 0.1, 0.99, true);
    rows.add(row("doubted", "pin", doubt));
    rows.add(row("reviewed", "pin", null));
    rows.add(row("told", "pin", null));

    List<Variant> variants = augmentation(0.2).of(rows);

    // 20 % of all rows afterwards: a quarter of the 23 before, and of the small label first.
    assertEquals(5, variants.size());
    assertEquals(4, variants.stream().filter(v -> v.parent().label().equals("pin")).count());
    assertEquals(
        5, variants.stream().map(v -> v.parent().id()).distinct().count(), "one of each parent");
    for (Variant variant : variants) {
      assertTrue(variant.parent().id().matches("(big|small)[a-p]"), variant.id());
      assertEquals(variant.parent().id() + "-" + variant.operation().spelled(), variant.id());
      assertFalse(rows.stream().anyMatch(row -> row.text().equals(variant.text())));
    }
    assertEquals(variants, augmentation(0.2).of(rows));
  }

  private static Augmentation augmentation(double share) {
    return new Augmentation(
        new AugmentationConfig(true, share, 0.1, 1),
        new Decontamination(
            new DecontaminationConfig(true, 3, 0.5, List.of()), List.of(text("told"))),
        Set.of("reviewed"));
  }

  private static Optional<String> edit(Operation operation, String text, double share, int seed) {
    return new WordEdits(share).apply(operation, text, LABEL_WORDS, new SplittableRandom(seed));
  }

  private static Example row(String id, String label, Judgement doubt) {
    return new Example(id, text(id), label, 1, new float[] {1}, doubt);
  }

  /** Ten words that no other row has. */
  private static String text(String id) {
    String[] words = new String[10];
    Arrays.setAll(words, i -> id + (char) ('a' + i));
    return String.join(" ", words);
  }
}
