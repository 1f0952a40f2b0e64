package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.Evaluation;
import io.adapterworks.evaluate.Interval;
import io.adapterworks.evaluate.Proportion;
import io.adapterworks.evaluate.Rival;
import java.util.ArrayList;
import java.util.List;

/** The accuracy of the candidate and its rivals, each with its interval, on one axis. */
final class ComparisonPlot {
  private static final double WIDTH = 960;
  private static final double LEFT = 210;
  private static final double RIGHT = 90;
  private static final double ROW = 38;
  private static final double TOP = 8;

  private ComparisonPlot() {}

  private record Entry(String name, Proportion accuracy, String cssClass) {}

  static String render(String model, Evaluation evaluation) {
    List<Entry> entries = new ArrayList<>();
    entries.add(new Entry(model, evaluation.scores().accuracy(), "candidate"));
    evaluation.champion().ifPresent(rival -> entries.add(entry(rival, "champion")));
    evaluation.base().ifPresent(rival -> entries.add(entry(rival, "base")));
    double lowest = entries.stream().mapToDouble(e -> e.accuracy().wilson().low()).min().orElse(0);
    double bottom = TOP + ROW * entries.size();
    Scale x = new Scale(Math.max(0, Math.floor(lowest * 20 - 0.5) / 20), 1, LEFT, WIDTH - RIGHT);
    Svg svg = new Svg(WIDTH, bottom + 28, "Accuracy of each model with its 95 % interval");
    for (double tick : x.ticks(6)) {
      svg.line(x.at(tick), TOP, x.at(tick), bottom, "grid");
      svg.text(x.at(tick), bottom + 18, "tick mid", Math.round(100 * tick) + " %");
    }
    for (int i = 0; i < entries.size(); i++) {
      draw(svg, entries.get(i), x, TOP + ROW * (i + 0.5));
    }
    return svg.close();
  }

  private static Entry entry(Rival rival, String cssClass) {
    return new Entry(HeadlineSection.nameOf(rival, cssClass), rival.scores().accuracy(), cssClass);
  }

  private static void draw(Svg svg, Entry entry, Scale x, double y) {
    Interval interval = entry.accuracy().wilson();
    String colour = "series-" + entry.cssClass();
    svg.text(LEFT - 14, y + 4, "label end", entry.name());
    svg.line(x.at(interval.low()), y, x.at(interval.high()), y, "whisker " + colour);
    svg.line(x.at(interval.low()), y - 6, x.at(interval.low()), y + 6, "whisker " + colour);
    svg.line(x.at(interval.high()), y - 6, x.at(interval.high()), y + 6, "whisker " + colour);
    svg.dot(x.at(entry.accuracy().value()), y, 6, "dot " + colour);
    svg.text(WIDTH - RIGHT + 14, y + 5, "value start", Text.percent(entry.accuracy().value()));
  }
}
