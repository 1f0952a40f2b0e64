package io.adapterworks.tokenize.template;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A part of a template that is printed. */
interface Statement {
  /** How what comes after goes on. */
  enum Flow {
    NEXT,
    CONTINUE,
    BREAK
  }

  Flow render(Scope scope, StringBuilder out);

  static Flow renderAll(List<Statement> body, Scope scope, StringBuilder out) {
    for (Statement statement : body) {
      Flow flow = statement.render(scope, out);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  record Text(String text) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder out) {
      out.append(text);
      return Flow.NEXT;
    }
  }

  record Print(Expression expression) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder out) {
      out.append(Values.text(expression.value(scope)));
      return Flow.NEXT;
    }
  }

  /** {@code continue} or {@code break}. */
  record Jump(Flow flow) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder out) {
      return flow;
    }
  }

  record If(Expression condition, List<Statement> yes, List<Statement> no) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder out) {
      return renderAll(Values.isTrue(condition.value(scope)) ? yes : no, scope, out);
    }
  }

  /** Statements that print where they stand, as within {@code generation}. */
  record Block(List<Statement> body) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder out) {
      return renderAll(body, scope, out);
    }
  }

  /** Sets a name, or the field of a namespace where {@code field} is not null. */
  record Set(String name, String field, Expression value) implements Statement {
    @Override
    @SuppressWarnings("unchecked") // namespaces are made by Template, as maps that can change
    public Flow render(Scope scope, StringBuilder out) {
      Object set = value.value(scope);
      if (field == null) {
        scope.set(name, set);
      } else if (scope.get(name) instanceof Map<?, ?> namespace) {
        ((Map<String, Object>) namespace).put(field, set);
      } else {
        throw new TemplateException(name + " is no namespace, so that its field cannot be set");
      }
      return Flow.NEXT;
    }
  }

  /** Sets a name to what a body prints. */
  record Capture(String name, List<Statement> body) implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder out) {
      StringBuilder captured = new StringBuilder();
      renderAll(body, new Scope(scope, Map.of()), captured);
      scope.set(name, captured.toString());
      return Flow.NEXT;
    }
  }

  /** Defines a function that returns what its body prints. */
  record Macro(String name, Map<String, Expression> parameters, List<Statement> body)
      implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder out) {
      Expression.Callable callable =
          (arguments, named) -> {
            Map<String, Object> given = new LinkedHashMap<>();
            int at = 0;
            for (Map.Entry<String, Expression> parameter : parameters.entrySet()) {
              Object value = named.getOrDefault(parameter.getKey(), Values.UNDEFINED);
              if (at < arguments.size()) {
                value = arguments.get(at);
              } else if (value == Values.UNDEFINED && parameter.getValue() != null) {
                value = parameter.getValue().value(scope);
              }
              given.put(parameter.getKey(), value);
              at++;
            }
            StringBuilder printed = new StringBuilder();
            renderAll(body, new Scope(scope, given), printed);
            return printed.toString();
          };
      scope.set(name, callable);
      return Flow.NEXT;
    }
  }

  /** Goes through a list; several names take the parts of each item. */
  record For(
      List<String> names,
      Expression items,
      Expression condition,
      List<Statement> body,
      List<Statement> otherwise)
      implements Statement {
    @Override
    public Flow render(Scope scope, StringBuilder out) {
      List<Scope> rounds = new ArrayList<>();
      List<Object> kept = new ArrayList<>();
      for (Object item : Values.list(items.value(scope))) {
        Scope round = new Scope(scope, bound(item));
        if (condition == null || Values.isTrue(condition.value(round))) {
          rounds.add(round);
          kept.add(item);
        }
      }
      if (rounds.isEmpty()) {
        return renderAll(otherwise, scope, out);
      }
      for (int i = 0; i < rounds.size(); i++) {
        rounds.get(i).set("loop", loop(kept, i));
        if (renderAll(body, rounds.get(i), out) == Flow.BREAK) {
          break;
        }
      }
      return Flow.NEXT;
    }

    private Map<String, Object> bound(Object item) {
      if (names.size() == 1) {
        return singleton(names.get(0), item);
      }
      List<Object> parts = Values.list(item);
      Map<String, Object> bound = new HashMap<>();
      for (int i = 0; i < names.size(); i++) {
        bound.put(names.get(i), parts.get(i));
      }
      return bound;
    }

    private static Map<String, Object> singleton(String name, Object value) {
      Map<String, Object> map = new HashMap<>();
      map.put(name, value);
      return map;
    }

    private static Map<String, Object> loop(List<Object> items, int i) {
      Map<String, Object> loop = new HashMap<>();
      loop.put("index", i + 1L);
      loop.put("index0", (long) i);
      loop.put("first", i == 0);
      loop.put("last", i == items.size() - 1);
      loop.put("length", (long) items.size());
      loop.put("revindex", (long) items.size() - i);
      loop.put("revindex0", items.size() - i - 1L);
      loop.put("previtem", i == 0 ? Values.UNDEFINED : items.get(i - 1));
      loop.put("nextitem", i == items.size() - 1 ? Values.UNDEFINED : items.get(i + 1));
      return loop;
    }
  }
}
