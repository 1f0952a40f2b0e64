package io.adapterworks.evaluate.report;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** An inline picture. Colours and fonts come from the report's style sheet by class. */
final class Svg {
  private final StringBuilder out = new StringBuilder();

  /** {@code description} is what a screen reader says in place of the picture. */
  Svg(double width, double height, String description) {
    out.append("<svg viewBox=\"0 0 %s %s\"".formatted(number(width), number(height)))
        .append(" style=\"max-width:%spx\"".formatted(number(width)))
        .append(" role=\"img\" aria-label=\"%s\">\n".formatted(Text.escape(description)));
  }

  /** A place in the picture: its top left corner and its size. */
  record Box(double x, double y, double width, double height) {}

  Svg line(double x1, double y1, double x2, double y2, String cssClass) {
    out.append(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" class=\"%s\"/>\n"
            .formatted(number(x1), number(y1), number(x2), number(y2), cssClass));
    return this;
  }

  Svg box(Box box, String cssClass) {
    return box(box, cssClass, 1, "");
  }

  /** A box of some opacity that shows {@code tip} under the pointer. */
  Svg box(Box box, String cssClass, double opacity, String tip) {
    out.append(
        "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" class=\"%s\""
            .formatted(
                number(box.x()),
                number(box.y()),
                number(Math.max(0, box.width())),
                number(Math.max(0, box.height())),
                cssClass));
    if (opacity < 1) {
      out.append(" fill-opacity=\"%s\"".formatted(number(opacity)));
    }
    out.append(tip.isEmpty() ? "/>\n" : "><title>%s</title></rect>\n".formatted(Text.escape(tip)));
    return this;
  }

  Svg dot(double x, double y, double radius, String cssClass) {
    out.append(
        "<circle cx=\"%s\" cy=\"%s\" r=\"%s\" class=\"%s\"/>\n"
            .formatted(number(x), number(y), number(radius), cssClass));
    return this;
  }

  /** A line through points given as x, y, x, y, …. */
  Svg polyline(double[] points, String cssClass) {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < points.length; i += 2) {
      path.append(i == 0 ? "M" : "L").append(number(points[i])).append(' ');
      path.append(number(points[i + 1]));
    }
    out.append("<path d=\"%s\" class=\"%s\"/>\n".formatted(path, cssClass));
    return this;
  }

  Svg text(double x, double y, String cssClass, String content) {
    out.append(
        "<text x=\"%s\" y=\"%s\" class=\"%s\">%s</text>\n"
            .formatted(number(x), number(y), cssClass, Text.escape(content)));
    return this;
  }

  /** Text that runs upwards from its anchor. */
  Svg uprightText(double x, double y, String cssClass, String content) {
    out.append(
        "<text transform=\"translate(%s %s) rotate(-90)\" class=\"%s\">%s</text>\n"
            .formatted(number(x), number(y), cssClass, Text.escape(content)));
    return this;
  }

  String close() {
    return out + "</svg>\n";
  }

  private static String number(double value) {
    return BigDecimal.valueOf(value)
        .setScale(2, RoundingMode.HALF_UP)
        .stripTrailingZeros()
        .toPlainString();
  }
}
