package io.adapterworks.tokenize.template;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes values as Python's {@code json.dumps} does. */
final class Json {
  private Json() {}

  /**
   * @param indent blanks a level; 0 for one line
   */
  static String write(Object value, int indent) {
    return write(value, indent, 1);
  }

  private static String write(Object value, int indent, int level) {
    if (value == null) {
      return "null";
    }
    if (value instanceof String text) {
      return quoted(text);
    }
    if (value instanceof List<?> list) {
      return group(
          "[]", list.stream().map(item -> write(item, indent, level + 1)).toList(), indent, level);
    }
    if (value instanceof Map<?, ?> map) {
      List<String> entries =
          map.entrySet().stream()
              .map(
                  entry ->
                      quoted(Values.text(entry.getKey()))
                          + ": "
                          + write(entry.getValue(), indent, level + 1))
              .toList();
      return group("{}", entries, indent, level);
    }
    return value.toString();
  }

  private static String quoted(String text) {
    return "\"" + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + "\"";
  }

  private static String group(String brackets, List<String> items, int indent, int level) {
    if (items.isEmpty()) {
      return brackets;
    }
    String inside = indent == 0 ? "" : "\n" + " ".repeat(indent * level);
    String outside = indent == 0 ? "" : "\n" + " ".repeat(indent * (level - 1));
    String separator = indent == 0 ? ", " : ",";
    return items.stream()
        .map(item -> inside + item)
        .collect(
            Collectors.joining(
                separator, brackets.substring(0, 1), outside + brackets.substring(1)));
  }
}
