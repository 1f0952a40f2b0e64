package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.Interval;
import java.util.Locale;
import java.util.Optional;

/** How the report writes numbers and other people's text. */
final class Text {
  private static final int LONGEST = 400;

  private Text() {}

  /**
   * Text of unknown origin for element content and quoted attributes: nothing in it is markup, and
   * characters that no document may hold are shown as U+FFFD.
   */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(isAllowed(c) ? c : 0xFFFD);
              }
            });
    return escaped.toString();
  }

  private static boolean isAllowed(int c) {
    boolean printable = c == '\t' || c == '\n' || (c >= 0x20 && c < 0x7F) || c >= 0xA0;
    boolean noncharacter = Character.getType(c) == Character.SURROGATE || (c & 0xFFFE) == 0xFFFE;
    return printable && !noncharacter;
  }

  /** A label or another identifier: escaped, and may be broken after an underscore. */
  static String name(String identifier) {
    return escape(identifier).replace("_", "_<wbr>");
  }

  /** A message of a user: escaped, cut where very long, its writing direction kept to itself. */
  static String message(String text) {
    String cut =
        text.codePointCount(0, text.length()) > LONGEST
            ? text.substring(0, text.offsetByCodePoints(0, LONGEST)) + " …"
            : text;
    return "<bdi>" + escape(cut) + "</bdi>";
  }

  /** Such as {@code 93.1 %}; the space does not break. */
  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f\u00a0%%", 100 * share);
  }

  /** Such as {@code 91.6 – 94.4 %}. */
  static String interval(Interval interval) {
    return String.format(
        Locale.ROOT, "%.1f\u00a0–\u00a0%.1f\u00a0%%", 100 * interval.low(), 100 * interval.high());
  }

  static String interval(Optional<Interval> interval) {
    return interval.map(Text::interval).orElse("–");
  }

  /** Such as {@code +1.2} or {@code −0.4}, in percentage points. */
  static String points(double difference) {
    String digits = String.format(Locale.ROOT, "%.1f", Math.abs(100 * difference));
    return digits.equals("0.0") ? digits : (difference < 0 ? "−" : "+") + digits;
  }

  /** Such as {@code −0.4 to +1.2}, in percentage points. */
  static String pointsInterval(Interval interval) {
    return points(interval.low()) + " to " + points(interval.high());
  }

  /** Such as {@code 12,480}. */
  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Such as {@code p = 0.041} or {@code p < 0.001}. */
  static String pValue(double p) {
    return p < 0.001 ? "p\u00a0<\u00a00.001" : String.format(Locale.ROOT, "p\u00a0=\u00a0%.3f", p);
  }

  /** A name of at most so many characters. */
  static String shortened(String name, int longest) {
    return name.length() <= longest ? name : name.substring(0, longest - 1) + "…";
  }
}
