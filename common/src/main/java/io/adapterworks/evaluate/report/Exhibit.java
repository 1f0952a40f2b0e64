package io.adapterworks.evaluate.report;

import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Answers of queries as HTML for a notebook: tables, and bars of one or two numbers a row. */
public final class Exhibit {
  private static final int MOST_ROWS = 200;
  private static final double WIDTH = 860;

  /** Characters that fit beside the bars. */
  private static final int LONGEST_NAME = 32;

  private static final double NAMES = 260;
  private static final double BAR = 15;

  /** As specific as it takes to stand above what Jupyter says of tables. */
  private static final String STYLE =
      """
      <style>
      .exhibit { color: #16202c; background: #ffffff; font: 14px/1.45 system-ui, "Liberation Sans", Arial, sans-serif; padding: 4px 0; }
      .exhibit table.rows { border-collapse: collapse; margin: 0; table-layout: auto; }
      .exhibit table.rows th, .exhibit table.rows td { text-align: left; vertical-align: top; white-space: normal; padding: 5px 14px 5px 0; border-bottom: 1px solid #dfe3e8; overflow-wrap: break-word; max-width: 34em; }
      .exhibit table.rows td.number { text-align: right; font-variant-numeric: tabular-nums; }
      .exhibit svg { display: block; width: 100%; max-width: 860px; height: auto; }
      .exhibit svg text { fill: #16202c; font-size: 13px; }
      .exhibit svg .tick { fill: #556170; font-size: 12px; }
      .exhibit svg .axis { font-weight: 600; }
      .exhibit svg .end { text-anchor: end; }
      .exhibit svg .first { fill: #1f5fbf; } .exhibit svg .second { fill: #b06f00; }
      </style>
      """;

  private Exhibit() {}

  /** The rows as a table, at most 200. */
  public static String table(Dataset<Row> rows) {
    StringBuilder html =
        new StringBuilder(STYLE).append("<div class=\"exhibit\"><table class=\"rows\"><tr>");
    for (String name : rows.columns()) {
      html.append("<th>").append(Text.escape(name)).append("</th>");
    }
    html.append("</tr>\n");
    for (Row row : rows.limit(MOST_ROWS).collectAsList()) {
      html.append("<tr>");
      for (int i = 0; i < row.length(); i++) {
        boolean number = row.get(i) instanceof Number;
        html.append(number ? "<td class=\"number\">" : "<td>")
            .append(row.isNullAt(i) ? "" : Text.message(value(row.get(i))))
            .append("</td>");
      }
      html.append("</tr>\n");
    }
    return html.append("</table></div>").toString();
  }

  /**
   * One bar a row, or two where there is a third column.
   *
   * @param rows a name and one or two numbers; their column names say what they are
   */
  public static String bars(Dataset<Row> rows, String title) {
    List<Row> all = rows.limit(MOST_ROWS).collectAsList();
    int series = rows.columns().length - 1;
    double most = 1e-9;
    for (Row row : all) {
      for (int i = 1; i <= series; i++) {
        most = Math.max(most, number(row, i));
      }
    }
    double step = series * BAR + 7;
    double top = 30;
    Svg svg = new Svg(WIDTH, top + all.size() * step + 6, title);
    svg.text(0, 16, "axis", title);
    legend(svg, rows.columns());
    Scale x = new Scale(0, most, NAMES, WIDTH - 70);
    for (int r = 0; r < all.size(); r++) {
      double y = top + r * step;
      svg.text(NAMES - 8, y + step / 2 + 1, "end", name(all.get(r)));
      for (int i = 1; i <= series; i++) {
        double value = number(all.get(r), i);
        double at = y + (i - 1) * BAR;
        svg.box(new Svg.Box(NAMES, at, x.at(value) - NAMES, BAR - 2), colour(i));
        svg.text(x.at(value) + 5, at + BAR - 4, "tick", plain(value));
      }
    }
    return STYLE + "<div class=\"exhibit\">" + svg.close() + "</div>";
  }

  /** What the two colours are; one needs none, the title says it. */
  private static void legend(Svg svg, String[] columns) {
    for (int i = 1; i < columns.length && columns.length > 2; i++) {
      double x = WIDTH - 120 * (columns.length - i);
      svg.box(new Svg.Box(x, 6, 11, 11), colour(i));
      svg.text(x + 16, 16, "tick", columns[i].replace('_', ' '));
    }
  }

  private static String colour(int series) {
    return series == 1 ? "first" : "second";
  }

  private static String name(Row row) {
    String name = row.isNullAt(0) ? "–" : String.valueOf(row.get(0));
    return Text.shortened(name, LONGEST_NAME);
  }

  private static double number(Row row, int column) {
    return row.isNullAt(column) ? 0 : ((Number) row.get(column)).doubleValue();
  }

  private static String value(Object value) {
    return value instanceof Double number ? plain(number) : String.valueOf(value);
  }

  private static String plain(double value) {
    return value == Math.rint(value)
        ? Text.count((long) value)
        : String.format(Locale.ROOT, "%.3f", value);
  }
}
