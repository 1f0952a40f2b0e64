package io.adapterworks.evaluate.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.evaluate.report.DatasetCardInput.Bin;
import io.adapterworks.evaluate.report.DatasetCardInput.Drop;
import io.adapterworks.evaluate.report.DatasetCardInput.Example;
import io.adapterworks.evaluate.report.DatasetCardInput.Label;
import io.adapterworks.evaluate.report.DatasetCardInput.Step;
import io.adapterworks.evaluate.report.DatasetCardInput.Trial;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;

/** What a dataset card shows, and that texts of unknown origin stay texts. */
class DatasetCardTest {
  private static final String HOSTILE = "<script>alert('x')</script> & | `code` *bold* \u0007";

  @Test
  void everythingThatIsGivenIsInBothForms() {
    DatasetCardInput input = card(40, Optional.of(new Trial(300, 206, 0.805, 0.81, true, "3 x")));

    String html = DatasetCard.render(input);
    String markdown = DatasetCardMarkdown.render(input);

    for (String page : List.of(html, markdown)) {
      for (String shown :
          List.of(
              "desk, version 3",
              "version 7",
              "label-00",
              "label-39",
              "too-short",
              "2,703",
              "They are kept: validation does not fall.",
              "80.5\u00a0%",
              "81.0\u00a0%")) {
        assertTrue(page.contains(shown), () -> shown + " is missing in\n" + page);
      }
      assertEquals(
          page, page.equals(html) ? DatasetCard.render(input) : DatasetCardMarkdown.render(input));
    }
    assertTrue(
        markdown.contains(
            """
            | step | read | kept | dropped |
            |---|---:|---:|---|
            | parse | 2,703 | 2,690 | unparsable 13 |
            """),
        markdown);
    // 40 labels with 10, 11, … rows: 30 are open to view, the others folded.
    assertTrue(markdown.contains("1,180 rows to train on, 40 validation, 80 test"), markdown);
    assertTrue(html.contains("The other 10 labels"), html);
  }

  @Test
  void textsOfUnknownOriginRunNothingAndBreakNothing() {
    DatasetCardInput input = card(2, Optional.empty());

    String html = DatasetCard.render(input);
    String markdown = DatasetCardMarkdown.render(input);

    assertFalse(html.contains("<script>alert"), html);
    assertFalse(markdown.contains("<script>"), markdown);
    assertTrue(markdown.contains("\\<script\\>alert('x')"), markdown);
    Document page = Jsoup.parse(html);
    assertEquals(0, page.select("script, code").size());
    String message = page.select("td.message").text();
    assertTrue(message.startsWith("<script>alert('x')</script> & | `code` *bold*"), message);
    assertTrue(page.select("svg").size() > 5, html);
    assertFalse(html.contains("Varied rows"));
    assertFalse(markdown.contains("Varied rows"));
  }

  @Test
  void anEmptyDatasetHasACardToo() {
    DatasetCardInput empty =
        new DatasetCardInput(
            "none, version 0",
            "",
            Instant.EPOCH,
            0,
            List.of(),
            List.of(),
            List.of(new Bin("3–5", 0)),
            List.of(),
            List.of(new Bin("1", 0)),
            Map.of(),
            Optional.of(new Trial(5, 0, 0, 0, false, "3 epochs")),
            List.of());

    String html = DatasetCard.render(empty);

    assertFalse(html.contains("NaN"), html);
    assertTrue(html.contains("there are no validation rows to decide"), html);
    assertEquals("0", Jsoup.parse(html).select("p.number").first().text());
  }

  private static DatasetCardInput card(int labels, Optional<Trial> trial) {
    List<Label> counts = new ArrayList<>();
    for (int i = 0; i < labels; i++) {
      counts.add(new Label("label-%02d".formatted(i), 10 + i, 1, 2));
    }
    return new DatasetCardInput(
        "desk, version 3",
        HOSTILE,
        Instant.parse("2026-11-24T08:00:00Z"),
        4,
        List.of(
            new Step("parse", 2703, 2690, "unparsable 13"), new Step("selection", 2690, 1180, "")),
        counts,
        List.of(new Bin("3–5", 12), new Bin("6–8", 1168)),
        List.of(new Drop("too-short", 2, List.of(new Example(HOSTILE, HOSTILE)))),
        List.of(new Bin("1", 1000), new Bin("2", 180)),
        Map.of("email", 7L),
        trial,
        List.of(new Fact("Made of", "curated_examples version 7")));
  }
}
