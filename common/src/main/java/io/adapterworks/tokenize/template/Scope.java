package io.adapterworks.tokenize.template;

import java.util.HashMap;
import java.util.Map;

/** The variables that a place in a template sees: its own, then those around it. */
final class Scope {
  private final Scope outer;
  private final Map<String, Object> variables;

  Scope(Scope outer, Map<String, Object> variables) {
    this.outer = outer;
    this.variables = new HashMap<>(variables);
  }

  /** The value, or {@link Values#UNDEFINED}. */
  Object get(String name) {
    if (variables.containsKey(name)) {
      return variables.get(name);
    }
    return outer == null ? Values.UNDEFINED : outer.get(name);
  }

  void set(String name, Object value) {
    variables.put(name, value);
  }
}
