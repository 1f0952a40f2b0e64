package io.adapterworks.tokenize.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The methods that values have in a template: those of Python's str and dict. */
final class Methods {
  private Methods() {}

  static Object call(Object owner, String name, List<Object> arguments) {
    if (owner instanceof String text) {
      return ofText(text, name, arguments);
    }
    if (owner instanceof Map<?, ?> map) {
      return ofMap(map, name, arguments);
    }
    throw new TemplateException("'" + Values.text(owner) + "' has no method " + name);
  }

  private static Object ofMap(Map<?, ?> map, String name, List<Object> arguments) {
    return switch (name) {
      case "items" -> items(map);
      case "keys" -> new ArrayList<Object>(map.keySet());
      case "values" -> new ArrayList<Object>(map.values());
      case "get" ->
          map.containsKey(arguments.get(0))
              ? map.get(arguments.get(0))
              : arguments.size() > 1 ? arguments.get(1) : null;
      default -> throw new TemplateException("a mapping has no method " + name);
    };
  }

  static List<Object> items(Map<?, ?> map) {
    List<Object> items = new ArrayList<>();
    map.forEach((key, value) -> items.add(Arrays.asList(key, value)));
    return items;
  }

  private static Object ofText(String text, String name, List<Object> arguments) {
    String first = arguments.isEmpty() ? "" : Values.text(arguments.get(0));
    return switch (name) {
      case "strip" -> stripped(text, first, 3);
      case "lstrip" -> stripped(text, first, 1);
      case "rstrip" -> stripped(text, first, 2);
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "title" -> title(text);
      case "capitalize" -> capitalised(text);
      case "startswith" -> text.startsWith(first);
      case "endswith" -> text.endsWith(first);
      case "replace" -> text.replace(first, Values.text(arguments.get(1)));
      case "find" -> (long) text.indexOf(first);
      case "count" -> (long) text.split(Pattern.quote(first), -1).length - 1;
      case "join" ->
          String.join(text, Values.list(arguments.get(0)).stream().map(Values::text).toList());
      case "split" -> split(text, arguments);
      default -> throw new TemplateException("a text has no method " + name);
    };
  }

  private static List<Object> split(String text, List<Object> arguments) {
    if (arguments.isEmpty()) {
      return Arrays.stream(text.strip().split("\\s+"))
          .filter(part -> !part.isEmpty())
          .map(Object.class::cast)
          .toList();
    }
    int limit = arguments.size() > 1 && arguments.get(1) instanceof Long n ? n.intValue() + 1 : -1;
    String separator = Pattern.quote(Values.text(arguments.get(0)));
    return Arrays.stream(text.split(separator, limit)).map(Object.class::cast).toList();
  }

  /** Sides: 1 left, 2 right, 3 both. No characters stand for whitespace. */
  private static String stripped(String text, String characters, int sides) {
    int from = 0;
    int to = text.length();
    while ((sides & 1) != 0 && from < to && isStripped(text.charAt(from), characters)) {
      from++;
    }
    while ((sides & 2) != 0 && to > from && isStripped(text.charAt(to - 1), characters)) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isStripped(char c, String characters) {
    return characters.isEmpty() ? Character.isWhitespace(c) : characters.indexOf(c) >= 0;
  }

  static String capitalised(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  static String title(String text) {
    return Pattern.compile("\\p{L}+").matcher(text).replaceAll(match -> capitalised(match.group()));
  }
}
