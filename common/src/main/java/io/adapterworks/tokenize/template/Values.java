package io.adapterworks.tokenize.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What values mean in a template: text, {@code Long}, {@code Double}, {@code Boolean}, {@code
 * List}, {@code Map}, null for none, and {@link #UNDEFINED}.
 */
final class Values {
  /** The value of a name that has none. */
  static final Object UNDEFINED =
      new Object() {
        @Override
        public String toString() {
          return "";
        }
      };

  private Values() {}

  static boolean isTrue(Object value) {
    if (value == null || value == UNDEFINED) {
      return false;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    if (value instanceof Number number) {
      return number.doubleValue() != 0;
    }
    if (value instanceof String text) {
      return !text.isEmpty();
    }
    if (value instanceof List<?> list) {
      return !list.isEmpty();
    }
    return !(value instanceof Map<?, ?> map) || !map.isEmpty();
  }

  /** As Python prints it. */
  static String text(Object value) {
    if (value == null) {
      return "None";
    }
    if (value instanceof Boolean flag) {
      return flag ? "True" : "False";
    }
    return value instanceof List<?> || value instanceof Map<?, ?>
        ? Json.write(value, 0)
        : value.toString();
  }

  static List<Object> list(Object value) {
    if (value instanceof List<?> list) {
      return new ArrayList<>(list);
    }
    if (value instanceof Map<?, ?> map) {
      return new ArrayList<>(map.keySet());
    }
    if (value instanceof String text) {
      return new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
    }
    if (value == UNDEFINED) {
      return new ArrayList<>();
    }
    throw new TemplateException(text(value) + " cannot be gone through");
  }

  static Object member(Object target, Object key) {
    if (target instanceof Map<?, ?> map) {
      return map.containsKey(key) ? map.get(key) : UNDEFINED;
    }
    if (key instanceof Long index && (target instanceof List<?> || target instanceof String)) {
      List<Object> items = list(target);
      long place = index < 0 ? items.size() + index : index;
      return place >= 0 && place < items.size() ? items.get((int) place) : UNDEFINED;
    }
    if (target == UNDEFINED || target == null) {
      throw new TemplateException("'" + text(key) + "' is asked of a value that is not defined");
    }
    return UNDEFINED;
  }

  static Object slice(Object target, List<Object> bounds) {
    List<Object> items = list(target);
    long step = bounds.size() > 2 && bounds.get(2) instanceof Long given ? given : 1;
    if (step == 0) {
      throw new TemplateException("a slice of step 0");
    }
    long size = items.size();
    long from = bound(bounds.get(0), step > 0 ? 0 : size - 1, size);
    long to = bounds.get(1) == null && step < 0 ? -1 : bound(bounds.get(1), size, size);
    List<Object> sliced = new ArrayList<>();
    for (long i = from; step > 0 ? i < Math.min(to, size) : i > to; i += step) {
      if (i >= 0 && i < size) {
        sliced.add(items.get((int) i));
      }
    }
    return target instanceof String
        ? String.join("", sliced.stream().map(Values::text).toList())
        : sliced;
  }

  private static long bound(Object bound, long absent, long size) {
    if (!(bound instanceof Long given)) {
      return absent;
    }
    return given < 0 ? Math.max(0, size + given) : given;
  }

  static boolean test(String name, Object value, List<Object> arguments) {
    return switch (name) {
      case "defined" -> value != UNDEFINED;
      case "undefined" -> value == UNDEFINED;
      case "none" -> value == null;
      case "string" -> value instanceof String;
      case "mapping" -> value instanceof Map<?, ?>;
      case "sequence", "iterable" ->
          value instanceof List<?> || value instanceof String || value instanceof Map<?, ?>;
      case "number" -> value instanceof Number;
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "odd" -> value instanceof Long number && number % 2 != 0;
      case "even" -> value instanceof Long number && number % 2 == 0;
      case "equalto", "eq" -> areEqual(value, arguments.get(0));
      case "in" -> contains(arguments.get(0), value);
      default -> throw new TemplateException("the test 'is " + name + "' is not supported");
    };
  }

  static boolean areEqual(Object left, Object right) {
    if (left instanceof Number a && right instanceof Number b) {
      return a.doubleValue() == b.doubleValue();
    }
    return Objects.equals(left, right);
  }

  static boolean contains(Object container, Object item) {
    if (container instanceof String text) {
      return text.contains(text(item));
    }
    return container != null && list(container).stream().anyMatch(i -> areEqual(i, item));
  }

  static Object operate(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> areEqual(left, right);
      case "!=" -> !areEqual(left, right);
      case "in" -> contains(right, left);
      case "not in" -> !contains(right, left);
      case "~" -> text(left) + text(right);
      case "<" -> compare(left, right) < 0;
      case ">" -> compare(left, right) > 0;
      case "<=" -> compare(left, right) <= 0;
      case ">=" -> compare(left, right) >= 0;
      case "+" -> add(left, right);
      default -> arithmetic(operator, left, right);
    };
  }

  private static int compare(Object left, Object right) {
    if (left instanceof Number a && right instanceof Number b) {
      return Double.compare(a.doubleValue(), b.doubleValue());
    }
    if (left instanceof String a && right instanceof String b) {
      return a.compareTo(b);
    }
    throw new TemplateException(text(left) + " and " + text(right) + " have no order");
  }

  private static Object add(Object left, Object right) {
    if (left instanceof String a && right instanceof String b) {
      return a + b;
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      List<Object> sum = new ArrayList<>(a);
      sum.addAll(b);
      return sum;
    }
    return arithmetic("+", left, right);
  }

  private static Object arithmetic(String operator, Object left, Object right) {
    if (left instanceof Long a && right instanceof Long b && !operator.equals("/")) {
      return switch (operator) {
        case "+" -> a + b;
        case "-" -> a - b;
        case "*" -> a * b;
        case "//" -> Math.floorDiv(a, b);
        case "%" -> Math.floorMod(a, b);
        default -> throw new TemplateException("'" + operator + "' is not supported");
      };
    }
    if (left instanceof Number a && right instanceof Number b) {
      double x = a.doubleValue();
      double y = b.doubleValue();
      return switch (operator) {
        case "+" -> x + y;
        case "-" -> x - y;
        case "*" -> x * y;
        case "/" -> x / y;
        default -> throw new TemplateException("'" + operator + "' is not supported");
      };
    }
    throw new TemplateException(
        "'" + operator + "' between " + text(left) + " and " + text(right) + " has no meaning");
  }
}
