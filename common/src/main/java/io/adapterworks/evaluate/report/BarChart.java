package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.report.DatasetCardInput.Bin;
import java.util.List;

/** Counts as upright bars over their ranges. */
final class BarChart {
  private static final double HEIGHT = 200;
  private static final double TOP = 22;
  private static final double LEFT = 8;

  private BarChart() {}

  static String render(List<Bin> bins, String axis, double width) {
    double bottom = HEIGHT - 44;
    long most = Math.max(1, bins.stream().mapToLong(Bin::count).max().orElse(1));
    Scale y = new Scale(0, most, bottom, TOP);
    double step = (width - 2 * LEFT) / Math.max(1, bins.size());
    Svg svg = new Svg(width, HEIGHT, axis);
    svg.line(LEFT, bottom, width - LEFT, bottom, "grid");
    for (int i = 0; i < bins.size(); i++) {
      Bin bin = bins.get(i);
      double x = LEFT + i * step;
      double top = y.at((double) bin.count());
      svg.box(
          new Svg.Box(x + step * 0.08, top, step * 0.84, bottom - top),
          "series-candidate fill",
          1,
          bin.range() + ": " + Text.count(bin.count()));
      svg.text(x + step / 2, top - 6, "tick mid", Text.count(bin.count()));
      svg.text(x + step / 2, bottom + 16, "tick mid", bin.range());
    }
    svg.text(width / 2, HEIGHT - 6, "axis mid", axis);
    return svg.close();
  }
}
