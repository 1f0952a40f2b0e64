package io.adapterworks.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextMetricsTest {
  @Test
  void rougeCountsTheLongestCommonSubsequenceOfWords() {
    // 4 common words of 6 and of 5: precision 4/6, recall 4/5.
    assertEquals(
        8.0 / 11, TextMetrics.rougeL("The cat sat on the mat", "the cat lay on mat!"), 1e-12);
    assertEquals(1, TextMetrics.rougeL("Same.", "same"));
    assertEquals(0, TextMetrics.rougeL("one", "two"));
    assertEquals(0, TextMetrics.rougeL("", "two"));
  }

  @Test
  void closenessIsTheMeanOverRows() {
    assertEquals(
        new TextMetrics.Closeness(0.5, 0.5, 2),
        TextMetrics.closeness(List.of(" a b ", "c"), List.of("a b", "d")));
  }
}
