package io.adapterworks.tokenize.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A part of a template that has a value. */
interface Expression {
  Object value(Scope scope);

  /** What can be called: a global function or a macro. */
  interface Callable {
    Object call(List<Object> arguments, Map<String, Object> named);
  }

  /** The arguments of a call. */
  record Arguments(List<Expression> positional, Map<String, Expression> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    List<Object> values(Scope scope) {
      List<Object> values = new ArrayList<>();
      positional.forEach(argument -> values.add(argument.value(scope)));
      return values;
    }

    Map<String, Object> namedValues(Scope scope) {
      Map<String, Object> values = new LinkedHashMap<>();
      named.forEach((name, argument) -> values.put(name, argument.value(scope)));
      return values;
    }
  }

  record Literal(Object literal) implements Expression {
    @Override
    public Object value(Scope scope) {
      return literal;
    }
  }

  record Name(String name) implements Expression {
    @Override
    public Object value(Scope scope) {
      return scope.get(name);
    }
  }

  record ListOf(List<Expression> items) implements Expression {
    @Override
    public Object value(Scope scope) {
      List<Object> values = new ArrayList<>();
      items.forEach(item -> values.add(item.value(scope)));
      return values;
    }
  }

  record MapOf(Map<Expression, Expression> entries) implements Expression {
    @Override
    public Object value(Scope scope) {
      Map<String, Object> values = new LinkedHashMap<>();
      entries.forEach((k, v) -> values.put(Values.text(k.value(scope)), v.value(scope)));
      return values;
    }
  }

  record Member(Expression target, Expression key) implements Expression {
    @Override
    public Object value(Scope scope) {
      return Values.member(target.value(scope), key.value(scope));
    }
  }

  /** target[from:to:step]; an absent bound is null. */
  record Slice(Expression target, List<Expression> bounds) implements Expression {
    @Override
    public Object value(Scope scope) {
      List<Object> values = new ArrayList<>();
      bounds.forEach(bound -> values.add(bound == null ? null : bound.value(scope)));
      return Values.slice(target.value(scope), values);
    }
  }

  /** A call of a method of a value, or of a function. */
  record Call(Expression target, Arguments arguments) implements Expression {
    @Override
    public Object value(Scope scope) {
      if (target instanceof Member member && member.key instanceof Literal name) {
        Object owner = member.target.value(scope);
        Object found = owner instanceof Map<?, ?> map ? map.get(name.literal) : null;
        if (!(found instanceof Callable)) {
          return Methods.call(owner, Values.text(name.literal), arguments.values(scope));
        }
      }
      if (target.value(scope) instanceof Callable callable) {
        return callable.call(arguments.values(scope), arguments.namedValues(scope));
      }
      throw new TemplateException("something is called that is no function: " + target);
    }
  }

  record Filter(Expression target, String name, Arguments arguments) implements Expression {
    @Override
    public Object value(Scope scope) {
      return Filters.apply(
          name, target.value(scope), arguments.values(scope), arguments.namedValues(scope));
    }
  }

  record Test(Expression target, String name, Arguments arguments) implements Expression {
    @Override
    public Object value(Scope scope) {
      return Values.test(name, target.value(scope), arguments.values(scope));
    }
  }

  record Not(Expression operand) implements Expression {
    @Override
    public Object value(Scope scope) {
      return !Values.isTrue(operand.value(scope));
    }
  }

  record Logic(String operator, Expression left, Expression right) implements Expression {
    @Override
    public Object value(Scope scope) {
      Object first = left.value(scope);
      boolean decided = Values.isTrue(first) == operator.equals("or");
      return decided ? first : right.value(scope);
    }
  }

  record Binary(String operator, Expression left, Expression right) implements Expression {
    @Override
    public Object value(Scope scope) {
      return Values.operate(operator, left.value(scope), right.value(scope));
    }
  }

  record Choice(Expression condition, Expression yes, Expression no) implements Expression {
    @Override
    public Object value(Scope scope) {
      return Values.isTrue(condition.value(scope)) ? yes.value(scope) : no.value(scope);
    }
  }
}
