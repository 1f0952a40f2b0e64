package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.Evaluation;
import io.adapterworks.evaluate.Interval;
import io.adapterworks.evaluate.Metric;
import io.adapterworks.evaluate.PairedComparison;
import io.adapterworks.evaluate.Proportion;
import io.adapterworks.evaluate.Rival;
import io.adapterworks.evaluate.Scores;
import io.adapterworks.evaluate.TextMetric;
import io.adapterworks.evaluate.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The result in a sentence, in four numbers, against its rivals, and criterion by criterion. */
final class HeadlineSection {
  /** Below this a difference is called real; the usual 5 % level. */
  private static final double SIGNIFICANT = 0.05;

  private HeadlineSection() {}

  static String render(ReportInput input) {
    return banner(input)
        + tiles(input.evaluation())
        + comparison(input)
        + criteria(input.verdicts());
  }

  static String nameOf(Rival rival, String role) {
    return role.equals("base") ? "untrained base" : "champion " + rival.name();
  }

  private static String banner(ReportInput input) {
    boolean judged = !input.verdicts().isEmpty();
    boolean passed = input.verdicts().stream().allMatch(Verdict::passed);
    String state = !judged ? "neutral" : passed ? "good" : "bad";
    String headline =
        !judged
            ? "Measured, not judged"
            : passed ? "Meets every success criterion" : "Misses " + missed(input.verdicts());
    return """
        <div class="banner %s">
        <p class="state"><span class="mark" aria-hidden="true">%s</span>%s</p>
        <p>%s</p>%s
        </div>
        """
        .formatted(
            state,
            !judged ? "•" : passed ? "✓" : "✗",
            headline,
            sentence(input),
            input
                .decision()
                .map(text -> "\n<p class=\"decision\">" + Text.escape(text) + "</p>")
                .orElse(""));
  }

  private static String missed(List<Verdict> verdicts) {
    long count = verdicts.stream().filter(verdict -> !verdict.passed()).count();
    return "%d of %d success criteria".formatted(count, verdicts.size());
  }

  private static String sentence(ReportInput input) {
    Proportion accuracy = input.evaluation().scores().accuracy();
    StringBuilder text = new StringBuilder();
    text.append(
        "<b>%s</b> labels %s of %s test messages right: <b>%s</b> (95&nbsp;%% interval %s)."
            .formatted(
                Text.escape(input.model()),
                Text.count(accuracy.hits()),
                Text.count(accuracy.total()),
                Text.percent(accuracy.value()),
                Text.interval(accuracy.wilson())));
    input.evaluation().base().ifPresent(base -> text.append(against("the untrained base", base)));
    input
        .evaluation()
        .champion()
        .ifPresent(champion -> text.append(against("the champion " + champion.name(), champion)));
    return text.toString();
  }

  private static String against(String name, Rival rival) {
    PairedComparison pair = rival.comparison();
    String points = Text.points(pair.difference());
    String amount =
        points.equals("0.0")
            ? "as many right as"
            : "<b>%s points %s</b> right than"
                .formatted(points.substring(1), points.startsWith("−") ? "fewer" : "more");
    String chance =
        pair.pValue() < SIGNIFICANT ? "more than chance explains" : "chance alone may explain it";
    return " It gets %s %s (%s: %s)."
        .formatted(amount, Text.escape(name), Text.escape(Text.pValue(pair.pValue())), chance);
  }

  private static String tiles(Evaluation evaluation) {
    Scores scores = evaluation.scores();
    return "<div class=\"tiles\">\n"
        + tile(
            Metric.ACCURACY.title(),
            Text.percent(scores.accuracy().value()),
            "95 % interval " + Text.interval(scores.accuracy().wilson()))
        + tile(
            Metric.MACRO_F1.title(),
            Text.percent(scores.macroF1()),
            "95 % interval " + Text.interval(scores.macroF1Interval()))
        + tile(
            Metric.ECE.title(),
            Text.percent(scores.calibration().expectedError()),
            "confidence less accuracy, over 15 bins")
        + tile(
            Metric.WORST_RECALL.title(),
            Metric.WORST_RECALL.of(evaluation).map(Text::percent).orElse("–"),
            ClassSection.worstLabel(scores))
        + "</div>\n";
  }

  private static String tile(String name, String value, String note) {
    return """
        <div class="tile"><p class="name">%s</p><p class="number">%s</p><p class="note">%s</p></div>
        """
        .formatted(name, value, Text.escape(note));
  }

  private static String comparison(ReportInput input) {
    Evaluation evaluation = input.evaluation();
    if (evaluation.base().isEmpty() && evaluation.champion().isEmpty()) {
      return "";
    }
    StringBuilder rows = new StringBuilder();
    rows.append(
        "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>%s</td>%s</tr>\n"
            .formatted(
                Text.escape(input.model()),
                Text.percent(evaluation.scores().accuracy().value()),
                Text.interval(evaluation.scores().accuracy().wilson()),
                Text.percent(evaluation.scores().macroF1()),
                "<td class=\"none\">–</td>".repeat(4)));
    evaluation.champion().ifPresent(rival -> rows.append(row(rival, "champion")));
    evaluation.base().ifPresent(rival -> rows.append(row(rival, "base")));
    return """
        <section>
        <h2>Against what is there already</h2>
        <p class="lead">All models answered the same rows. Differences are the candidate's accuracy
        less the other's, in percentage points; p is McNemar's exact test on the rows that only one
        of the two got right.</p>
        <figure>%s</figure>
        <div class="scroll"><table class="numbers">
        <thead><tr><th scope="col">Model</th><th scope="col">Accuracy</th><th scope="col">95 %% interval</th>
        <th scope="col">Macro-F1</th><th scope="col">Difference</th><th scope="col">95 %% interval</th>
        <th scope="col">Only one right<br>(this : other)</th><th scope="col">p</th></tr></thead>
        <tbody>
        %s</tbody></table></div>
        </section>
        """
        .formatted(ComparisonPlot.render(input.model(), evaluation), rows);
  }

  private static String row(Rival rival, String role) {
    PairedComparison pair = rival.comparison();
    return """
        <tr><th scope="row">%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>\
        <td>%s</td></tr>
        """
        .formatted(
            Text.escape(nameOf(rival, role)),
            Text.percent(rival.scores().accuracy().value()),
            Text.interval(rival.scores().accuracy().wilson()),
            Text.percent(rival.scores().macroF1()),
            Text.points(pair.difference()),
            Text.pointsInterval(pair.differenceInterval()),
            Text.count(pair.candidateOnly()) + " : " + Text.count(pair.referenceOnly()),
            Text.escape(Text.pValue(pair.pValue()).replaceFirst("^p\u00a0(=\u00a0)?", "")));
  }

  static String criteria(List<Verdict> verdicts) {
    if (verdicts.isEmpty()) {
      return "";
    }
    StringBuilder rows = new StringBuilder();
    for (Verdict verdict : verdicts) {
      rows.append(
          "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n"
              .formatted(
                  Text.escape(title(verdict)),
                  required(verdict),
                  verdict.measured().map(value -> value(verdict, value)).orElse("not measured"),
                  verdict.interval().map(i -> value(verdict, i)).orElse("–"),
                  badge(verdict.met())));
    }
    return """
        <section>
        <h2>Success criteria</h2>
        <div class="scroll"><table class="numbers">
        <thead><tr><th scope="col">Criterion</th><th scope="col">Required</th><th scope="col">Measured</th>
        <th scope="col">95 %% interval</th><th scope="col">Verdict</th></tr></thead>
        <tbody>
        %s</tbody></table></div>
        <p class="note">“Met narrowly”: the measured value is enough, but its interval reaches beyond the
        bound, so that another test set of this size might tell otherwise.</p>
        </section>
        """
        .formatted(rows);
  }

  private static String title(Verdict verdict) {
    String title =
        Metric.ofKey(verdict.title())
            .map(Metric::title)
            .or(() -> TextMetric.ofKey(verdict.title()).map(TextMetric::title))
            .orElse(verdict.title());
    return Character.toUpperCase(title.charAt(0)) + title.substring(1);
  }

  /** The bound as people read it: shares in percent, differences in percentage points. */
  private static String required(Verdict verdict) {
    return Stream.of(
            verdict.required().atLeast().map(low -> "at least " + value(verdict, low)),
            verdict.required().atMost().map(high -> "at most " + value(verdict, high)))
        .flatMap(Optional::stream)
        .collect(Collectors.joining(", "));
  }

  private static boolean isDifference(Verdict verdict) {
    Optional<TextMetric> text = TextMetric.ofKey(verdict.title());
    if (text.isPresent()) {
      return text.get() == TextMetric.ROUGE_L_GAIN;
    }
    Optional<Metric> metric = Metric.ofKey(verdict.title());
    return metric.isEmpty() || metric.get() == Metric.GAIN_OVER_BASE;
  }

  private static String value(Verdict verdict, double value) {
    return isDifference(verdict) ? Text.points(value) + "\u00a0points" : Text.percent(value);
  }

  private static String value(Verdict verdict, Interval interval) {
    return isDifference(verdict) ? Text.pointsInterval(interval) : Text.interval(interval);
  }

  private static String badge(Verdict.Met met) {
    return switch (met) {
      case YES -> "<span class=\"badge good\">✓ met</span>";
      case NARROWLY -> "<span class=\"badge narrow\">≈ met narrowly</span>";
      case NO -> "<span class=\"badge bad\">✗ not met</span>";
    };
  }
}
