package io.adapterworks.table;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Prints rows line by line in one of three formats. */
public final class RowPrinter {
  /** A table holds its rows in memory to align them; CSV and JSON stream. */
  private static final int TABLE_ROWS = 1000;

  private static final int WIDEST = 60;

  private final Consumer<String> out;
  private final ObjectMapper json = new ObjectMapper();

  /**
   * @param out takes each line, without its line break
   */
  public RowPrinter(Consumer<String> out) {
    this.out = out;
  }

  /** Prints all rows; in a table the first 1,000. */
  public void print(Dataset<Row> rows, RowFormat format) {
    switch (format) {
      case TABLE -> table(asText(rows), rows.schema());
      case CSV -> csv(asText(rows));
      case JSON -> json(rows);
    }
  }

  /** Every column as text: nested values as JSON, times in UTC as Spark writes them. */
  private static Dataset<Row> asText(Dataset<Row> rows) {
    List<Column> columns = new ArrayList<>();
    StructField[] fields = rows.schema().fields();
    // By place: an answer may have two columns of one name.
    Dataset<Row> numbered =
        rows.toDF(IntStream.range(0, fields.length).mapToObj(i -> "c" + i).toArray(String[]::new));
    for (StructField field : fields) {
      Column column = numbered.col("c" + columns.size());
      columns.add(
          (isNested(field.dataType()) ? functions.to_json(column) : column.cast("string"))
              .as(field.name()));
    }
    return numbered.select(columns.toArray(Column[]::new));
  }

  private static boolean isNested(DataType type) {
    return type instanceof StructType || type instanceof ArrayType || type instanceof MapType;
  }

  private void table(Dataset<Row> rows, StructType types) {
    List<Row> kept = rows.limit(TABLE_ROWS + 1).collectAsList();
    boolean more = kept.size() > TABLE_ROWS;
    List<Row> shown = more ? kept.subList(0, TABLE_ROWS) : kept;
    int width = types.size();
    List<List<String>> cells = new ArrayList<>();
    cells.add(List.of(types.fieldNames()));
    shown.forEach(row -> cells.add(cells(row, width)));
    int[] widths = new int[width];
    for (List<String> line : cells) {
      for (int i = 0; i < width; i++) {
        widths[i] = Math.max(widths[i], line.get(i).codePointCount(0, line.get(i).length()));
      }
    }
    for (int line = 0; line < cells.size(); line++) {
      out.accept(aligned(cells.get(line), widths, types));
      if (line == 0) {
        out.accept(rule(widths));
      }
    }
    out.accept(
        more
            ? "(the first %d rows; --format csv prints all)".formatted(TABLE_ROWS)
            : "(%d %s)".formatted(shown.size(), shown.size() == 1 ? "row" : "rows"));
  }

  private static List<String> cells(Row row, int width) {
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < width; i++) {
      cells.add(row.isNullAt(i) ? "null" : shown(row.getString(i)));
    }
    return cells;
  }

  /** On one line, not too long, and without characters that would steer a terminal. */
  private static String shown(String value) {
    String plain = value.replaceAll("\\s+", " ").replaceAll("[\\p{Cc}\\p{Cf}]", "\ufffd");
    return plain.codePointCount(0, plain.length()) > WIDEST
        ? plain.substring(0, plain.offsetByCodePoints(0, WIDEST - 1)) + "…"
        : plain;
  }

  private static String aligned(List<String> line, int[] widths, StructType types) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = line.get(i);
      String padding = " ".repeat(widths[i] - cell.codePointCount(0, cell.length()));
      boolean right = types.fields()[i].dataType() instanceof NumericType;
      text.append(i == 0 ? "" : "  ").append(right ? padding + cell : cell + padding);
    }
    return text.toString().stripTrailing();
  }

  private static String rule(int[] widths) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      text.append(i == 0 ? "" : "  ").append("-".repeat(widths[i]));
    }
    return text.toString();
  }

  private void csv(Dataset<Row> rows) {
    int width = rows.columns().length;
    out.accept(
        List.of(rows.columns()).stream().map(RowPrinter::quoted).collect(Collectors.joining(",")));
    Iterator<Row> each = rows.toLocalIterator();
    while (each.hasNext()) {
      Row row = each.next();
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < width; i++) {
        line.append(i == 0 ? "" : ",").append(row.isNullAt(i) ? "" : quoted(row.getString(i)));
      }
      out.accept(line.toString());
    }
  }

  private static String quoted(String value) {
    boolean plain =
        !value.isEmpty()
            && value.strip().length() == value.length()
            && value.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? value : '"' + value.replace("\"", "\"\"") + '"';
  }

  private void json(Dataset<Row> rows) {
    StructType types = rows.schema();
    Iterator<Row> each = asText(rows).toLocalIterator();
    while (each.hasNext()) {
      Row row = each.next();
      ObjectNode object = json.createObjectNode();
      for (int i = 0; i < types.size(); i++) {
        put(object, types.fields()[i], row.isNullAt(i) ? null : row.getString(i));
      }
      out.accept(object.toString());
    }
  }

  private void put(ObjectNode object, StructField field, String text) {
    DataType type = field.dataType();
    boolean literal = type instanceof NumericType || type instanceof BooleanType || isNested(type);
    boolean finite = text != null && !text.endsWith("NaN") && !text.endsWith("Infinity");
    if (text == null || (literal && !finite)) {
      object.putNull(field.name());
    } else if (literal) {
      try {
        object.set(field.name(), json.readTree(text));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("column " + field.name() + " is no JSON: " + text, e);
      }
    } else {
      object.put(field.name(), text);
    }
  }
}
