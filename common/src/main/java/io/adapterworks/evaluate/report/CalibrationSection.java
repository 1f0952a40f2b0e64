package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.Calibration;
import io.adapterworks.evaluate.Calibration.Bin;
import io.adapterworks.evaluate.Interval;

/** The reliability diagram and, below it, how the confidences are spread. */
final class CalibrationSection {
  private static final double WIDTH = 460;
  private static final double LEFT = 68;
  private static final double RIGHT = WIDTH - 26;
  private static final double TOP = 10;
  private static final double BOTTOM = 350;
  private static final double SPREAD_TOP = 392;
  private static final double SPREAD_BOTTOM = 462;

  /** A bin with fewer rows is drawn faint: its accuracy says little. */
  private static final int FEW = 10;

  private CalibrationSection() {}

  static String render(Calibration calibration) {
    return """
        <section>
        <h2>Does it know when it is unsure?</h2>
        <div class="beside">
        <figure>%s</figure>
        <div>
        <p class="lead">A model whose confidence can be trusted is right 90&nbsp;%% of the time when it says
        90&nbsp;%%: its points lie on the diagonal. Below it, the model is surer than it should be; above it,
        more careful than it need be.</p>
        <dl class="facts">
        <dt>Calibration error (ECE)</dt><dd>%s</dd>
        <dt>Widest gap of any bin</dt><dd>%s</dd>
        <dt>Mean confidence</dt><dd>%s</dd>
        <dt>Answers above 93&nbsp;%% confidence</dt><dd>%s</dd>
        <dt>of these right</dt><dd>%s</dd>
        </dl>
        <p class="note">%d bins of equal width; whiskers are 95&nbsp;%% intervals; bins with fewer than %d
        rows are faint.</p>
        </div></div>
        </section>
        """
        .formatted(
            plot(calibration),
            Text.percent(calibration.expectedError()),
            Text.percent(calibration.maximumError()),
            Text.percent(meanConfidence(calibration)),
            Text.percent((double) surest(calibration).count() / total(calibration)),
            surest(calibration).count() == 0
                ? "–"
                : Text.percent(surest(calibration).accuracy().value()),
            Calibration.BINS,
            FEW);
  }

  private static Bin surest(Calibration calibration) {
    return calibration.bins().get(Calibration.BINS - 1);
  }

  private static long total(Calibration calibration) {
    return Math.max(1, calibration.bins().stream().mapToLong(Bin::count).sum());
  }

  private static double meanConfidence(Calibration calibration) {
    return calibration.bins().stream().mapToDouble(Bin::confidenceSum).sum() / total(calibration);
  }

  private static String plot(Calibration calibration) {
    Scale x = new Scale(0, 1, LEFT, RIGHT);
    Scale y = new Scale(0, 1, BOTTOM, TOP);
    Svg svg =
        new Svg(WIDTH, SPREAD_BOTTOM + 40, "Accuracy by confidence, and the spread of confidence");
    for (double tick : x.ticks(5)) {
      String label = Math.round(100 * tick) + " %";
      svg.line(x.at(tick), TOP, x.at(tick), BOTTOM, "grid");
      svg.line(LEFT, y.at(tick), RIGHT, y.at(tick), "grid");
      svg.text(LEFT - 8, y.at(tick) + 4, "tick end", label);
      svg.text(x.at(tick), SPREAD_BOTTOM + 16, "tick mid", label);
    }
    svg.line(x.at(0), y.at(0), x.at(1), y.at(1), "diagonal");
    calibration.bins().stream().filter(bin -> bin.count() > 0).forEach(b -> draw(svg, b, x, y));
    svg.uprightText(13, (TOP + BOTTOM) / 2, "axis mid", "Accuracy");
    svg.text((LEFT + RIGHT) / 2, SPREAD_BOTTOM + 36, "axis mid", "Confidence");
    svg.text(LEFT, SPREAD_TOP - 10, "axis start", "Share of rows");
    spread(svg, calibration, x);
    return svg.close();
  }

  private static void draw(Svg svg, Bin bin, Scale x, Scale y) {
    String faint = bin.count() < FEW ? " faint" : "";
    double centre = x.at(bin.confidence());
    double accuracy = bin.accuracy().value();
    Interval interval = bin.accuracy().wilson();
    double top = Math.min(y.at(accuracy), y.at(bin.confidence()));
    double height = Math.abs(y.at(accuracy) - y.at(bin.confidence()));
    svg.box(new Svg.Box(centre - 6, top, 12, height), "gap" + faint);
    svg.line(centre, y.at(interval.low()), centre, y.at(interval.high()), "whisker thin" + faint);
    svg.dot(centre, y.at(accuracy), 5, "dot series-candidate" + faint);
  }

  private static void spread(Svg svg, Calibration calibration, Scale x) {
    double most =
        calibration.bins().stream().mapToLong(Bin::count).max().orElse(0)
            * 1.0
            / total(calibration);
    Scale height = new Scale(0, Math.max(most, 1e-9), 0, SPREAD_BOTTOM - SPREAD_TOP);
    svg.line(LEFT, SPREAD_BOTTOM, RIGHT, SPREAD_BOTTOM, "grid");
    for (Bin bin : calibration.bins()) {
      double share = (double) bin.count() / total(calibration);
      double bar = height.at(share);
      svg.box(
          new Svg.Box(
              x.at(bin.from()) + 1,
              SPREAD_BOTTOM - bar,
              x.at(bin.to()) - x.at(bin.from()) - 2,
              bar),
          "series-candidate fill",
          1,
          Text.count(bin.count()) + " rows, " + Text.percent(bin.accuracy().value()) + " right");
    }
    svg.text(LEFT - 8, SPREAD_TOP + 8, "tick end", Text.percent(most));
  }
}
