package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.ClassScores;
import io.adapterworks.evaluate.Interval;
import io.adapterworks.evaluate.Scores;
import java.util.Comparator;
import java.util.List;

/** Precision, recall and F1 of every label, the weakest first. */
final class ClassSection {
  /** With more labels than this, the weakest stand open and the others are folded away. */
  private static final int OPEN = 30;

  private static final int WEAKEST = 15;

  private ClassSection() {}

  static String render(Scores scores) {
    List<ClassScores> labels =
        scores.perClass().stream()
            .filter(ClassScores::occurred)
            .sorted(Comparator.comparingDouble(ClassScores::f1))
            .toList();
    boolean fold = labels.size() > OPEN;
    int open = fold ? WEAKEST : labels.size();
    String rest =
        fold
            ? "<details><summary>The other %d labels</summary>%s</details>"
                .formatted(labels.size() - open, table(labels.subList(open, labels.size())))
            : "";
    return """
        <section>
        <h2>Label by label</h2>
        <p class="lead">%s labels, the weakest F1 first. Bars show recall, the thin line its
        95&nbsp;%% interval, wide where a label has few rows.</p>
        %s%s
        </section>
        """
        .formatted(labels.size(), table(labels.subList(0, open)), rest);
  }

  /** The label with the lowest recall and its rows, in words. */
  static String worstLabel(Scores scores) {
    return scores.perClass().stream()
        .filter(label -> label.support() > 0)
        .min(Comparator.comparingDouble(label -> label.recall().value()))
        .map(label -> label.label() + ", " + Text.count(label.support()) + " rows")
        .orElse("no rows");
  }

  private static String table(List<ClassScores> labels) {
    StringBuilder rows = new StringBuilder();
    for (ClassScores label : labels) {
      rows.append(
          """
          <tr><th scope="row">%s</th><td>%s</td><td>%s</td><td>%s</td><td class="bar">%s</td>\
          <td>%s</td></tr>
          """
              .formatted(
                  Text.name(label.label()),
                  Text.count(label.support()),
                  label.predicted() == 0 ? "–" : Text.percent(label.precision().value()),
                  label.support() == 0 ? "–" : Text.percent(label.recall().value()),
                  label.support() == 0 ? "" : bar(label),
                  Text.percent(label.f1())));
    }
    return """
        <div class="scroll"><table class="numbers compact">
        <thead><tr><th scope="col">Label</th><th scope="col">Rows</th><th scope="col">Precision</th>
        <th scope="col">Recall</th><th scope="col" aria-label="Recall and its interval"></th><th scope="col">F1</th></tr></thead>
        <tbody>
        %s</tbody></table></div>
        """
        .formatted(rows);
  }

  private static String bar(ClassScores label) {
    Interval interval = label.recall().wilson();
    Scale x = new Scale(0, 1, 0, 220);
    return new Svg(220, 14, "recall " + Text.interval(interval))
        .box(new Svg.Box(0, 3, 220, 8), "track")
        .box(new Svg.Box(0, 3, x.at(label.recall().value()), 8), "share")
        .line(x.at(interval.low()), 7, x.at(interval.high()), 7, "bar-whisker")
        .box(new Svg.Box(Math.max(0, x.at(label.recall().value()) - 3), 2, 3, 10), "share-end")
        .close();
  }
}
