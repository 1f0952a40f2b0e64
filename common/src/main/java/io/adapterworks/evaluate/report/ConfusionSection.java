package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.ConfusionMatrix;
import io.adapterworks.evaluate.ConfusionMatrix.Confusion;
import java.util.List;

/** Which labels are taken for which: the commonest confusions as a list, all of them as a map. */
final class ConfusionSection {
  private static final int LISTED = 15;

  /** Up to this many labels the cells carry their counts and the columns their names. */
  private static final int ROOMY = 26;

  private static final double LABELS = 230;
  private static final double PAGE = 960;

  private ConfusionSection() {}

  static String render(ConfusionMatrix matrix) {
    List<Confusion> top =
        matrix.topConfusions(LISTED).stream().filter(pair -> pair.count() > 1).toList();
    return """
        <section>
        <h2>What it mixes up</h2>
        %s
        <h3>Confusion matrix</h3>
        <p class="lead">Each row is a true label, each column what was predicted%s. The darker a cell, the
        larger its share of the row; blue is right, red is wrong.</p>
        <figure>%s</figure>
        </section>
        """
        .formatted(
            top.isEmpty()
                ? "<p class=\"lead\">No label was taken for the same other one more than once.</p>"
                : list(top),
            matrix.labels().size() > ROOMY
                ? ", in the same order, numbered alike; point at a cell to read it"
                : "",
            plot(matrix));
  }

  private static String list(List<Confusion> confusions) {
    StringBuilder rows = new StringBuilder();
    for (Confusion confusion : confusions) {
      double share = (double) confusion.count() / confusion.support();
      rows.append(
          """
          <tr><th scope="row">%s</th><td class="name">%s</td><td>%s</td><td>%s</td></tr>
          """
              .formatted(
                  Text.name(confusion.truth()),
                  Text.name(confusion.predicted()),
                  Text.count(confusion.count()) + " of " + Text.count(confusion.support()),
                  Text.percent(share)));
    }
    return """
        <div class="scroll"><table class="numbers compact">
        <thead><tr><th scope="col">True label</th><th scope="col" class="name">taken for</th>
        <th scope="col">Rows</th><th scope="col">Share of the label</th></tr></thead>
        <tbody>
        %s</tbody></table></div>
        """
        .formatted(rows);
  }

  private static String plot(ConfusionMatrix matrix) {
    int size = matrix.labels().size();
    boolean roomy = size <= ROOMY;
    double cell = Math.max(7, Math.min(34, (PAGE - LABELS) / size));
    double top = roomy ? 170 : 26;
    Svg svg =
        new Svg(LABELS + cell * size + 4, top + cell * size + 4, "Confusion matrix of all labels");
    for (int i = 0; i < size; i++) {
      String label = matrix.labels().get(i);
      double middle = cell * (i + 0.5);
      String text = roomy ? Text.shortened(label, 32) : (i + 1) + "  " + Text.shortened(label, 36);
      String small = roomy ? "label" : "label tiny";
      svg.text(LABELS - 8, top + middle + (roomy ? 4 : 2.5), small + " end", text);
      if (roomy) {
        svg.uprightText(LABELS + middle + 4, top - 8, "label start", Text.shortened(label, 24));
      } else if (i % 2 == 0) {
        svg.text(LABELS + middle, top - 5, "label tiny mid", String.valueOf(i + 1));
      }
    }
    svg.box(new Svg.Box(LABELS, top, cell * size, cell * size), "frame");
    for (int i = 0; i < size; i++) {
      row(svg, matrix, i, new Svg.Box(LABELS, top + cell * i, cell, cell));
    }
    return svg.close();
  }

  /** {@code first} is the place of the row's first cell. */
  private static void row(Svg svg, ConfusionMatrix matrix, int truth, Svg.Box first) {
    int support = matrix.support(truth);
    boolean roomy = matrix.labels().size() <= ROOMY;
    double gap = roomy ? 1 : 0.4;
    for (int j = 0; j < matrix.labels().size(); j++) {
      int count = matrix.count(truth, j);
      if (count == 0) {
        continue;
      }
      double x = first.x() + first.width() * j;
      double share = (double) count / support;
      boolean right = truth == j;
      double opacity = right ? 0.15 + 0.75 * share : 0.25 + 0.75 * Math.sqrt(share);
      svg.box(
          new Svg.Box(x + gap, first.y() + gap, first.width() - 2 * gap, first.height() - 2 * gap),
          right ? "right" : "wrong",
          Math.min(0.98, opacity),
          "%s → %s: %d of %d (%s)"
              .formatted(
                  matrix.labels().get(truth),
                  matrix.labels().get(j),
                  count,
                  support,
                  Text.percent(share)));
      if (roomy) {
        String strong = opacity > 0.55 ? "cell strong mid" : "cell mid";
        svg.text(x + first.width() / 2, first.y() + first.height() / 2 + 4, strong, "" + count);
      }
    }
  }
}
