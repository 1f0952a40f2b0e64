package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.report.TrainingCurve.Point;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Loss at every step and validation accuracy at every epoch, one above the other. */
final class TrainingSection {
  private static final double WIDTH = 960;
  private static final double LEFT = 62;
  private static final double RIGHT = WIDTH - 20;
  private static final double LOSS_TOP = 24;
  private static final double LOSS_BOTTOM = 214;
  private static final double ACCURACY_TOP = 262;
  private static final double ACCURACY_BOTTOM = 392;

  /** More points than pixels would only make the file large. */
  private static final int MOST_POINTS = 900;

  private TrainingSection() {}

  static String render(TrainingCurve all) {
    TrainingCurve curve = new TrainingCurve(finite(all.loss()), finite(all.validationAccuracy()));
    if (curve.loss().isEmpty()) {
      return "";
    }
    return """
        <section>
        <h2>How training went</h2>
        <p class="lead">%s optimizer steps. The thin line is the loss of each batch, the thick one its
        running mean; below, accuracy on the validation split at the end of each epoch.</p>
        <figure>%s</figure>
        </section>
        """
        .formatted(Text.count(last(curve.loss()).step()), plot(curve));
  }

  /** A training that diverged has points that no plot can show. */
  private static List<Point> finite(List<Point> points) {
    return points.stream().filter(point -> Double.isFinite(point.value())).toList();
  }

  private static Point last(List<Point> points) {
    return points.get(points.size() - 1);
  }

  private static String plot(TrainingCurve curve) {
    List<Point> loss = curve.loss();
    boolean validated = !curve.validationAccuracy().isEmpty();
    double bottom = validated ? ACCURACY_BOTTOM : LOSS_BOTTOM;
    double end =
        Math.max(last(loss).step(), validated ? last(curve.validationAccuracy()).step() : 0);
    Scale x = new Scale(0, Math.max(1, end), LEFT, RIGHT);
    Svg svg = new Svg(WIDTH, bottom + 42, "Training loss and validation accuracy by step");
    for (double tick : x.ticks(8)) {
      svg.text(x.at(tick), bottom + 18, "tick mid", Text.count(Math.round(tick)));
    }
    svg.text((LEFT + RIGHT) / 2, bottom + 38, "axis mid", "Step");
    losses(svg, loss, x);
    if (validated) {
      accuracies(svg, curve.validationAccuracy(), x);
    }
    return svg.close();
  }

  private static void losses(Svg svg, List<Point> loss, Scale x) {
    double most = loss.stream().mapToDouble(Point::value).max().orElse(1);
    Scale y = Scale.rounded(0, most, LOSS_BOTTOM, LOSS_TOP);
    svg.text(LEFT, LOSS_TOP - 10, "axis start", "Training loss (cross-entropy)");
    for (double tick : y.ticks(4)) {
      svg.line(LEFT, y.at(tick), RIGHT, y.at(tick), "grid");
      svg.text(LEFT - 8, y.at(tick) + 4, "tick end", decimal(tick));
    }
    svg.polyline(points(thinned(loss), x, y), "curve raw");
    svg.polyline(points(thinned(runningMean(loss)), x, y), "curve series-candidate");
  }

  private static void accuracies(Svg svg, List<Point> accuracy, Scale x) {
    double most = accuracy.stream().mapToDouble(Point::value).max().orElse(1);
    double least = accuracy.stream().mapToDouble(Point::value).min().orElse(0);
    // A curve that stays where it is, perhaps at 1, still wants a range.
    least = Math.max(0, Math.min(least, most - 0.1));
    Scale rounded = Scale.rounded(least, most, ACCURACY_BOTTOM, ACCURACY_TOP);
    Scale y = new Scale(rounded.low(), Math.min(1, rounded.high()), rounded.from(), rounded.to());
    for (double tick : y.ticks(3)) {
      svg.line(LEFT, y.at(tick), RIGHT, y.at(tick), "grid");
      svg.text(LEFT - 8, y.at(tick) + 4, "tick end", decimal(100 * tick) + " %");
    }
    svg.polyline(points(accuracy, x, y), "curve series-candidate");
    Point best = accuracy.get(0);
    for (Point point : accuracy) {
      best = point.value() > best.value() ? point : best;
      svg.dot(x.at(point.step()), y.at(point.value()), 4, "dot series-candidate");
    }
    svg.dot(x.at(best.step()), y.at(best.value()), 8, "ring");
    // Above the plot, where no curve can run through it.
    svg.text(
        LEFT,
        ACCURACY_TOP - 12,
        "axis start",
        "Validation accuracy, best %s after step %s (ring)"
            .formatted(Text.percent(best.value()), Text.count(best.step())));
  }

  private static double[] points(List<Point> curve, Scale x, Scale y) {
    return curve.stream()
        .flatMapToDouble(point -> DoubleStream.of(x.at(point.step()), y.at(point.value())))
        .toArray();
  }

  private static List<Point> thinned(List<Point> curve) {
    int stride = Math.max(1, (curve.size() + MOST_POINTS - 1) / MOST_POINTS);
    return IntStream.range(0, curve.size())
        .filter(i -> i % stride == 0 || i == curve.size() - 1)
        .mapToObj(curve::get)
        .toList();
  }

  /** The mean over a window around each step, a twentieth of the run wide. */
  private static List<Point> runningMean(List<Point> curve) {
    int half = Math.max(1, curve.size() / 40);
    double[] sums = new double[curve.size() + 1];
    for (int i = 0; i < curve.size(); i++) {
      sums[i + 1] = sums[i] + curve.get(i).value();
    }
    return IntStream.range(0, curve.size())
        .mapToObj(
            i -> {
              int from = Math.max(0, i - half);
              int to = Math.min(curve.size(), i + half + 1);
              return new Point(curve.get(i).step(), (sums[to] - sums[from]) / (to - from));
            })
        .toList();
  }

  private static String decimal(double value) {
    String text = String.format(Locale.ROOT, "%.3f", value);
    return text.replaceAll("\\.?0+$", "");
  }
}
