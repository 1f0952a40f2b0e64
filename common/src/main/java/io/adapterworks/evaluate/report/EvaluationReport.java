package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.Outcome;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.evaluate.TestData;
import java.util.List;

/**
 * Renders an evaluation as one HTML file: styles and pictures are inside, no script is needed,
 * nothing is fetched, and everything that came from data is escaped.
 */
public final class EvaluationReport {
  private static final int MISTAKES = 15;

  private EvaluationReport() {}

  /** The whole document. The same input gives the same bytes. */
  public static String render(ReportInput input) {
    return Page.html(
        "Evaluation of " + input.model(),
        header(input)
            + HeadlineSection.render(input)
            + unknownLabels(input.evaluation().outcomes())
            + ClassSection.render(input.evaluation().scores())
            + CalibrationSection.render(input.evaluation().scores().calibration())
            + ConfusionSection.render(input.evaluation().scores().confusion())
            + mistakes(input.evaluation().outcomes())
            + input.curve().map(TrainingSection::render).orElse("")
            + Page.provenance(input.facts())
            + methods());
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
            Page.DAY_AND_TIME.format(input.at()),
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
}
