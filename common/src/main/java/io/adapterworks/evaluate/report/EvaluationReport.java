package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.Outcome;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.evaluate.TestData;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * Renders an evaluation as one HTML file: styles and pictures are inside, no script is needed,
 * nothing is fetched, and everything that came from data is escaped.
 */
public final class EvaluationReport {
  private static final int MISTAKES = 15;
  private static final DateTimeFormatter DAY_AND_TIME =
      DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private EvaluationReport() {}

  /** The whole document. The same input gives the same bytes. */
  public static String render(ReportInput input) {
    return opening(input.model())
        + header(input)
        + HeadlineSection.render(input)
        + unknownLabels(input.evaluation().outcomes())
        + ClassSection.render(input.evaluation().scores())
        + CalibrationSection.render(input.evaluation().scores().calibration())
        + ConfusionSection.render(input.evaluation().scores().confusion())
        + mistakes(input.evaluation().outcomes())
        + input.curve().map(TrainingSection::render).orElse("")
        + provenance(input.facts())
        + methods()
        + "</main>\n</body>\n</html>\n";
  }

  /** Everything before the first heading. */
  static String opening(String model) {
    return """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>Evaluation of %s</title>
    <style>
    %s</style>
    </head>
    <body>
    <main>
    """
        .formatted(Text.escape(model), style());
  }

  static String dayAndTime(Instant at) {
    return DAY_AND_TIME.format(at);
  }

  private static String header(ReportInput input) {
    return """
    <header>
    <p class="eyebrow">Evaluation report</p>
    <h1>%s</h1>
    <p class="purpose">%s</p>
    <p class="meta">%s · %s rows of %s · %d labels</p>
    </header>
    """
        .formatted(
            Text.escape(input.model()),
            Text.escape(input.purpose()),
            DAY_AND_TIME.format(input.at()),
            Text.count(input.evaluation().outcomes().all().size()),
            Text.escape(describe(input.data())),
            input.evaluation().outcomes().labels().size());
  }

  static String describe(TestData data) {
    return data.dataset()
        + (data.version().isPresent() ? " version " + data.version().getAsLong() : "")
        + (data.split().equals("all") ? "" : ", split " + data.split());
  }

  private static String unknownLabels(Outcomes outcomes) {
    if (outcomes.unknownCount() == 0) {
      return "";
    }
    StringBuilder items = new StringBuilder();
    outcomes
        .unknownLabels()
        .forEach(
            (label, count) ->
                items.append("<li>%s: %s</li>\n".formatted(Text.escape(label), Text.count(count))));
    return """
    <section class="caution">
    <h2>Rows with labels that the model does not know</h2>
    <p class="lead">%s of %s rows carry a label that the model was not trained on. It can only be wrong
    about them. They count as wrong in comparisons between models and are left out of all other numbers.</p>
    <ul class="columns">
    %s</ul>
    </section>
    """
        .formatted(Text.count(outcomes.unknownCount()), Text.count(outcomes.all().size()), items);
  }

  private static String mistakes(Outcomes outcomes) {
    List<Outcome> wrong = outcomes.mostConfidentMistakes(MISTAKES);
    if (wrong.isEmpty()) {
      return "";
    }
    StringBuilder rows = new StringBuilder();
    for (Outcome outcome : wrong) {
      rows.append(
          """
          <tr><td class="message">%s</td><td class="name">%s</td><td class="name">%s</td><td>%s</td></tr>
          """
              .formatted(
                  Text.message(outcome.row().text()),
                  Text.name(outcome.row().label()),
                  Text.name(outcomes.predictedLabel(outcome)),
                  Text.percent(outcome.prediction().confidence())));
    }
    return """
    <section>
    <h2>Most confident mistakes</h2>
    <p class="lead">Wrong, and sure of it. Often the given label is the one that is wrong: worth a look
    by someone who knows the labels.</p>
    <div class="scroll"><table class="numbers compact">
    <thead><tr><th scope="col" class="message">Message</th><th scope="col" class="name">True label</th>
    <th scope="col" class="name">Predicted</th><th scope="col">Confidence</th></tr></thead>
    <tbody>
    %s</tbody></table></div>
    </section>
    """
        .formatted(rows);
  }

  static String provenance(List<Fact> facts) {
    if (facts.isEmpty()) {
      return "";
    }
    StringBuilder items = new StringBuilder();
    for (Fact fact : facts) {
      items.append(
          "<dt>%s</dt><dd>%s</dd>\n"
              .formatted(Text.escape(fact.name()), Text.escape(fact.value())));
    }
    return """
    <section>
    <h2>What made it</h2>
    <dl class="facts provenance">
    %s</dl>
    </section>
    """
        .formatted(items);
  }

  private static String methods() {
    return """
    <footer>
    <h2>How the numbers are defined</h2>
    <p><b>Accuracy, precision, recall</b>: shares of rows, with Wilson score intervals (Wilson 1927).
    <b>Macro-F1</b>: the mean F1 of the labels that occur, interval by bootstrap over rows, 1,000 resamples.
    <b>Calibration error</b>: expected calibration error over 15 bins of equal width (Guo et al. 2017,
    arXiv:1706.04599). <b>Comparisons</b>: same rows, McNemar's exact test; intervals of differences after
    Agresti and Min 2005. <b>Untrained base</b>: nearest label centroid of the base model's embeddings of
    the training rows. All intervals are at 95&nbsp;%.</p>
    </footer>
    """;
  }

  private static String style() {
    try (InputStream in = EvaluationReport.class.getResourceAsStream("report.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read report.css from the class path", e);
    }
  }
}
