package io.adapterworks.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.evaluate.LabelledText;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LabelledSplitsTest {
  private static List<LabelledText> rows(String... labels) {
    return List.of(labels).stream().map(label -> new LabelledText("text", label)).toList();
  }

  @Test
  void validationIsOfLabelsThatTrainingHas() {
    LabelledSplits splits =
        new LabelledSplits(rows("b", "a"), rows("a", "typo", "b", "typo"), rows("other"));
    assertEquals(Map.of("typo", 2L), splits.unknownInValidation());
    assertEquals(
        new LabelledSplits(rows("b", "a"), rows("a", "b"), rows("other")),
        splits.withKnownValidation());
  }
}
