package io.adapterworks.evaluate.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.TestSpark;
import java.util.List;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;

/** Answers of queries as a notebook shows them. */
class ExhibitTest {
  @Test
  void aTableShowsEveryCellAsText() {
    Document page =
        Jsoup.parse(
            Exhibit.table(
                TestSpark.session()
                    .sql(
                        "SELECT '<b>bold</b>' AS text, 0.25D AS score, 2000L AS n, NULL AS nothing")));

    assertEquals(List.of("text", "score", "n", "nothing"), page.select("th").eachText());
    assertEquals(0, page.select("b").size());
    assertEquals("<b>bold</b>", page.select("td").first().text());
    assertEquals(List.of("0.250", "2000"), page.select("td.number").eachText());
  }

  @Test
  void barsGrowWithTheirNumbers() {
    Document page =
        Jsoup.parse(
            Exhibit.bars(
                TestSpark.session()
                    .sql(
                        "SELECT * FROM VALUES ('a', 10, 5), ('b', 20, NULL) AS t(label, one, two)"),
                "Rows"));

    // The first of each colour is the legend's.
    List<Double> first = widths(page, "rect.first");
    List<Double> second = widths(page, "rect.second");
    assertEquals(3, first.size());
    assertEquals(2 * first.get(1), first.get(2), 0.2);
    assertEquals(first.get(1), 2 * second.get(1), 0.2);
    assertEquals(0, second.get(2), 0.2);
    assertEquals(
        List.of("Rows", "one", "two", "a", "10", "5", "b", "20", "0"),
        page.select("text").eachText());
  }

  private static List<Double> widths(Document page, String query) {
    return page.select(query).eachAttr("width").stream().map(Double::valueOf).toList();
  }
}
