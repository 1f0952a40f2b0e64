package io.adapterworks.evaluate.report;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.evaluate.Classifier;
import io.adapterworks.evaluate.Evaluation;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.evaluate.Prediction;
import io.adapterworks.evaluate.TestData;
import java.io.StringReader;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.select.Elements;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class EvaluationReportTest {
  private static final List<String> MANY =
      IntStream.rangeClosed(1, 77).mapToObj(i -> "intent_" + i).toList();

  private static Document parsed(ReportInput input) {
    return Jsoup.parse(EvaluationReport.render(input));
  }

  private static String rowTexts(Elements rows) {
    return String.join("\n", rows.eachText()).replace('\u00a0', ' ');
  }

  /** Says label a of everything, with a confidence of 0.9. */
  private static final class AlwaysA implements Classifier {
    @Override
    public List<String> labels() {
      return List.of("a", "b");
    }

    @Override
    public List<Prediction> predict(List<String> texts) {
      return texts.stream().map(text -> Prediction.ofProbabilities(0.9f, 0.1f)).toList();
    }
  }

  private static ReportInput plain(LabelledText... rows) {
    return new ReportInput(
        "<b>model</b>@1",
        "Purpose & \"more\"",
        Instant.parse("2026-03-01T08:12:00Z"),
        TestData.ofFile("test.csv"),
        Evaluation.of(Outcomes.of(new AlwaysA(), List.of(rows))),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        List.of(new Fact("Seed", "<42>")));
  }

  @Test
  void theHeadlineSaysTheResultInWordsAndAgainstBaseAndChampion() {
    Document page = parsed(ReportSample.input(ReportSample.SUPPORT_INTENTS, 640, 0.88));
    assertEquals(
        "✓Meets every success criterion\n"
            + "support-intents@4 labels 586 of 640 test messages right: 91.6 % (95 % interval 89.2"
            + " – 93.5 %). It gets 39.5 points more right than the untrained base (p < 0.001: more"
            + " than chance explains). It gets 0.9 points more right than the champion"
            + " support-intents@3 (p = 0.614: chance alone may explain it).\n"
            + "Alias champion moved from version 3 to version 4.",
        rowTexts(page.select(".banner p")));
  }

  @Test
  void everyCriterionShowsItsBoundValueIntervalAndVerdict() {
    Document page = parsed(ReportSample.input(ReportSample.SUPPORT_INTENTS, 640, 0.9));
    assertEquals(
        "Accuracy at least 90.0 % 91.6 % 89.2 – 93.5 % ≈ met narrowly\n"
            + "Macro-F1 at least 88.0 % 91.7 % 89.4 – 93.8 % ✓ met\n"
            + "Calibration error (ECE) at most 8.0 % 4.1 % – ✓ met\n"
            + "Worst recall of a label at least 60.0 % 72.1 % – ✓ met\n"
            + "Accuracy gained over base at least +10.0 points +39.5 points +35.2 to +43.6 ✓ met\n"
            + "Accuracy against champion support-intents@3 at least −0.5 points +0.9 points −2.1 to"
            + " +4.0 ≈ met narrowly",
        rowTexts(page.selectXpath("//section[h2='Success criteria']").select("tbody tr")));
    Document missed = parsed(ReportSample.input(ReportSample.SUPPORT_INTENTS, 640, 0.95));
    assertEquals("✗Misses 1 of 6 success criteria", missed.select(".banner.bad .state").text());
  }

  @Test
  void theFileNeedsNoScriptAndNothingFromElsewhere() {
    String html = EvaluationReport.render(ReportSample.input(MANY, 3080, 0.88));
    Document page = Jsoup.parse(html);
    assertEquals(0, page.select("script, link, img, iframe, object, [src], [href]").size());
    assertFalse(html.contains("url("), "the styles fetch something");
    assertTrue(html.length() < 400_000, "size " + html.length());
    assertEquals(html, EvaluationReport.render(ReportSample.input(MANY, 3080, 0.88)));
  }

  @Test
  void everyPictureIsWellFormedAndDescribed() {
    for (ReportInput input :
        List.of(
            ReportSample.input(MANY, 3080, 0.88),
            ReportSample.input(ReportSample.SUPPORT_INTENTS, 640, 0.88),
            plain(new LabelledText("fine", "a")))) {
      String html = EvaluationReport.render(input);
      for (int at = html.indexOf("<svg"); at >= 0; at = html.indexOf("<svg", at + 1)) {
        String svg = html.substring(at, html.indexOf("</svg>", at) + 6);
        assertFalse(svg.contains("NaN"), svg);
        assertTrue(svg.contains("aria-label="), svg);
        assertDoesNotThrow(
            () ->
                DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(svg))));
      }
    }
  }

  @Test
  void manyLabelsShowTheWeakestAndFoldTheOthersAway() {
    Document page = parsed(ReportSample.input(MANY, 3080, 0.88));
    Element labels = page.selectXpath("//section[h2='Label by label']").get(0);
    assertEquals(15, labels.select("> .scroll tbody tr").size());
    assertEquals("The other 62 labels", labels.select("summary").text());
    assertEquals(62, labels.select("details tbody tr").size());
    assertEquals(
        15, page.selectXpath("//section[h2='What it mixes up']").select("tbody tr").size());
  }

  @Test
  void textOfUsersCannotBecomeMarkup() {
    String attack = "<img src=x onerror=\"alert('1')\"> & \u0000\u202eevil\ud800";
    String html = EvaluationReport.render(plain(new LabelledText(attack, "b")));
    Document page = Jsoup.parse(html);
    assertEquals(0, page.select("img, [onerror], b:contains(model) b").size());
    assertEquals("Evaluation of <b>model</b>@1", page.title());
    assertEquals("<42>", page.select("dl.provenance dd").text());
    assertEquals(
        "<bdi>&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; \ufffd\u202eevil\ufffd"
            + "</bdi>",
        Text.message(attack));
  }

  @Test
  void aVeryLongMessageIsCut() {
    assertEquals("<bdi>" + "😀".repeat(400) + " …</bdi>", Text.message("😀".repeat(401)));
  }

  @Test
  void rowsWithUnknownLabelsAreShownNotDropped() {
    Document page =
        parsed(
            plain(
                new LabelledText("one", "a"),
                new LabelledText("two", "c"),
                new LabelledText("three", "c")));
    Element section = page.select("section.caution").get(0);
    assertEquals("c: 2", section.select("li").text());
    assertTrue(
        section.text().contains("2 of 3 rows carry a label that the model was not trained on."),
        section.text());
    assertEquals("•Measured, not judged", page.select(".banner.neutral .state").text());
  }

  @Test
  void aPerfectModelHasNoListOfMistakes() {
    Document page = parsed(plain(new LabelledText("one", "a"), new LabelledText("two", "a")));
    assertFalse(page.text().contains("Most confident mistakes"), page.text());
    assertTrue(
        page.text().contains("No label was taken for the same other one more than once."),
        page.text());
  }

  @Test
  void ticksAreRoundNumbersWithinTheScale() {
    assertEquals(List.of(0.0, 0.2, 0.4), rounded(new Scale(0, 0.55, 0, 1).ticks(4)));
    assertEquals(List.of(90.0, 92.0, 94.0), rounded(new Scale(89.5, 95.9, 0, 1).ticks(4)));
    Scale widened = Scale.rounded(0.63, 0.97, 0, 1);
    assertEquals(List.of(0.6, 1.0), rounded(List.of(widened.low(), widened.high())));
  }

  private static List<Double> rounded(List<Double> ticks) {
    return ticks.stream().map(tick -> Math.round(tick * 1e6) / 1e6).toList();
  }
}
