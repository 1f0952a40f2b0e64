package io.adapterworks.tokenize.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The filters that a template may apply with {@code |}. */
final class Filters {
  private Filters() {}

  static Object apply(
      String name, Object value, List<Object> arguments, Map<String, Object> named) {
    return switch (name) {
      case "trim" -> Values.text(value).strip();
      case "upper" -> Values.text(value).toUpperCase(Locale.ROOT);
      case "lower" -> Values.text(value).toLowerCase(Locale.ROOT);
      case "capitalize" -> Methods.capitalised(Values.text(value));
      case "title" -> Methods.title(Values.text(value));
      case "string" -> Values.text(value);
      case "safe" -> value;
      case "length", "count" -> (long) Values.list(value).size();
      case "list" -> Values.list(value);
      case "first" -> Values.member(Values.list(value), 0L);
      case "last" -> Values.member(Values.list(value), -1L);
      case "reverse" -> reversed(value);
      case "items" -> Methods.items((Map<?, ?>) value);
      case "int" -> (long) Double.parseDouble(Values.text(value).strip());
      case "float" -> Double.parseDouble(Values.text(value).strip());
      case "tojson" -> Json.write(value, indent(arguments, named));
      case "join" -> join(value, arguments, named);
      case "replace" ->
          Values.text(value).replace(Values.text(arguments.get(0)), Values.text(arguments.get(1)));
      case "default", "d" -> defaulted(value, arguments);
      case "map" -> map(value, arguments, named);
      case "selectattr" -> select(value, arguments, Choice.KEEP);
      case "rejectattr" -> select(value, arguments, Choice.DROP);
      case "indent" -> indented(Values.text(value), arguments);
      default -> throw new TemplateException("the filter '" + name + "' is not supported");
    };
  }

  private enum Choice {
    KEEP,
    DROP
  }

  private static List<Object> reversed(Object value) {
    List<Object> items = Values.list(value);
    Collections.reverse(items);
    return items;
  }

  private static int indent(List<Object> arguments, Map<String, Object> named) {
    Object indent = arguments.isEmpty() ? named.get("indent") : arguments.get(0);
    return indent instanceof Long blanks ? blanks.intValue() : 0;
  }

  private static String join(Object value, List<Object> arguments, Map<String, Object> named) {
    Object attribute = named.get("attribute");
    return String.join(
        arguments.isEmpty() ? "" : Values.text(arguments.get(0)),
        Values.list(value).stream()
            .map(item -> attribute == null ? item : Values.member(item, attribute))
            .map(Values::text)
            .toList());
  }

  private static Object defaulted(Object value, List<Object> arguments) {
    boolean alsoFalse = arguments.size() > 1 && Values.isTrue(arguments.get(1));
    boolean absent = value == Values.UNDEFINED || (alsoFalse && !Values.isTrue(value));
    return absent ? arguments.isEmpty() ? "" : arguments.get(0) : value;
  }

  private static List<Object> map(Object value, List<Object> arguments, Map<String, Object> named) {
    Object attribute = named.get("attribute");
    List<Object> mapped = new ArrayList<>();
    for (Object item : Values.list(value)) {
      mapped.add(
          attribute != null
              ? Values.member(item, attribute)
              : apply(Values.text(arguments.get(0)), item, List.of(), Map.of()));
    }
    return mapped;
  }

  private static List<Object> select(Object value, List<Object> arguments, Choice choice) {
    List<Object> chosen = new ArrayList<>();
    for (Object item : Values.list(value)) {
      Object attribute = Values.member(item, arguments.get(0));
      boolean passes =
          arguments.size() == 1
              ? Values.isTrue(attribute)
              : Values.test(
                  Values.text(arguments.get(1)).replace("==", "eq"),
                  attribute,
                  arguments.subList(2, arguments.size()));
      if (passes == (choice == Choice.KEEP)) {
        chosen.add(item);
      }
    }
    return chosen;
  }

  private static String indented(String text, List<Object> arguments) {
    int width = arguments.isEmpty() ? 4 : ((Long) arguments.get(0)).intValue();
    return text.replace("\n", "\n" + " ".repeat(width));
  }
}
