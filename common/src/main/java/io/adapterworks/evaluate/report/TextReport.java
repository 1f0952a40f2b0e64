package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.Interval;
import io.adapterworks.evaluate.TextEvaluation;
import io.adapterworks.evaluate.TextMetric;
import io.adapterworks.evaluate.TextScores;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Renders the evaluation of a generating adapter as one HTML file that needs nothing else. */
public final class TextReport {
  private static final int EXAMPLES = 10;

  private TextReport() {}

  /** The whole document. The same input gives the same bytes. */
  public static String render(ReportFrame frame, TextEvaluation evaluation) {
    return Page.html(
        "Evaluation of " + frame.model(),
        header(frame, evaluation)
            + banner(frame)
            + comparison(frame, evaluation)
            + HeadlineSection.criteria(frame.verdicts())
            + examples(evaluation)
            + frame.curve().map(TrainingSection::render).orElse("")
            + Page.provenance(frame.facts())
            + methods());
  }

  private static String header(ReportFrame frame, TextEvaluation evaluation) {
    TextScores adapter = evaluation.adapter();
    return """
    <header>
    <p class="eyebrow">Evaluation report</p>
    <h1>%s</h1>
    <p class="purpose">%s</p>
    <p class="meta">%s · %s scored tokens and %s answered rows of %s</p>
    </header>
    """
        .formatted(
            Text.escape(frame.model()),
            Text.escape(frame.purpose()),
            Page.DAY_AND_TIME.format(frame.at()),
            Text.count(adapter.foresight().tokens()),
            Text.count(adapter.answers().size()),
            Text.escape(EvaluationReport.describe(frame.data())));
  }

  private static String banner(ReportFrame frame) {
    boolean judged = !frame.verdicts().isEmpty();
    long missed = frame.verdicts().stream().filter(verdict -> !verdict.passed()).count();
    String state = !judged ? "neutral" : missed == 0 ? "good" : "bad";
    String headline =
        !judged
            ? "Measured, not judged"
            : missed == 0
                ? "Meets every success criterion"
                : "Misses %d of %d success criteria".formatted(missed, frame.verdicts().size());
    return """
    <div class="banner %s">
    <p class="state"><span class="mark" aria-hidden="true">%s</span>%s</p>%s
    </div>
    """
        .formatted(
            state,
            !judged ? "•" : missed == 0 ? "✓" : "✗",
            headline,
            frame
                .decision()
                .map(text -> "\n<p class=\"decision\">" + Text.escape(text) + "</p>")
                .orElse(""));
  }

  private static String comparison(ReportFrame frame, TextEvaluation evaluation) {
    Map<String, TextScores> models = new LinkedHashMap<>();
    models.put(frame.model(), evaluation.adapter());
    evaluation.champion().ifPresent(c -> models.put("champion " + c.name(), c.scores()));
    models.put("base without adapter", evaluation.base());
    StringBuilder rows = new StringBuilder();
    models.forEach((name, scores) -> rows.append(row(name, scores)));
    return """
    <section>
    <h2>Beside the base model</h2>
    <p class="lead">All models saw the same rows. Perplexity over the base's: %s; ROUGE-L gained over the
    base: %s points, 95 %% interval %s.</p>
    <div class="scroll"><table class="numbers">
    <thead><tr><th scope="col">Model</th><th scope="col">Perplexity</th><th scope="col">Token accuracy</th>
    <th scope="col">ROUGE-L</th><th scope="col">95 %% interval</th><th scope="col">Exact match</th>
    <th scope="col">95 %% interval</th></tr></thead>
    <tbody>
    %s</tbody></table></div>%s
    </section>
    """
        .formatted(
            decimal(TextMetric.PERPLEXITY_RATIO.of(evaluation)),
            Text.points(TextMetric.ROUGE_L_GAIN.of(evaluation)),
            Text.pointsInterval(evaluation.rougeLGainInterval()),
            rows,
            unanswered(evaluation.adapter()));
  }

  private static String unanswered(TextScores adapter) {
    return adapter.unanswered() == 0
        ? ""
        : ("\n<p class=\"note\">%s rows were not answered: the model's template refuses them, or"
                + " their prompt fills its context.</p>")
            .formatted(Text.count(adapter.unanswered()));
  }

  private static String row(String name, TextScores scores) {
    return """
    <tr><th scope="row">%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>
    """
        .formatted(
            Text.escape(name),
            decimal(scores.foresight().perplexity()),
            Text.percent(scores.foresight().tokenAccuracy()),
            Text.percent(scores.rougeL()),
            interval(TextMetric.ROUGE_L, scores),
            Text.percent(scores.exactMatch().value()),
            interval(TextMetric.EXACT_MATCH, scores));
  }

  private static String interval(TextMetric metric, TextScores scores) {
    Optional<Interval> interval = metric.intervalOf(scores);
    return Text.interval(interval);
  }

  private static String decimal(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  private static String examples(TextEvaluation evaluation) {
    List<TextScores.Answer> answers = evaluation.adapter().answers();
    if (answers.isEmpty()) {
      return "";
    }
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < Math.min(EXAMPLES, answers.size()); i++) {
      TextScores.Answer answer = answers.get(i);
      rows.append(
          """
          <tr><td class="message">%s</td><td class="message">%s</td><td class="message">%s</td>\
          <td class="message">%s</td><td>%s</td></tr>
          """
              .formatted(
                  Text.message(answer.prompt()),
                  Text.message(answer.reference()),
                  Text.message(answer.text()),
                  Text.message(evaluation.base().answers().get(i).text()),
                  Text.percent(answer.rougeL())));
    }
    return """
    <section>
    <h2>The first answers, side by side</h2>
    <div class="scroll"><table class="numbers compact">
    <thead><tr><th scope="col" class="message">Text</th><th scope="col" class="message">Reference</th>
    <th scope="col" class="message">Adapter</th><th scope="col" class="message">Base</th>
    <th scope="col">ROUGE-L</th></tr></thead>
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
    <p><b>Perplexity</b>: e to the mean loss of the answers' tokens. <b>Token accuracy</b>: share of those
    tokens that had the highest logit. <b>ROUGE-L</b>: F1 of the longest common subsequence of words (Lin
    2004), interval by bootstrap over rows, 1,000 resamples. <b>Exact match</b>: share of answers equal to
    their reference but for whitespace around them, Wilson score interval. All intervals are at
    95&nbsp;%.</p>
    </footer>
    """;
  }
}
