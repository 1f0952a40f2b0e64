package io.adapterworks.tokenize.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads expressions, weakest operator first: choice, or, and, not, comparison, sums, products. */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", ">", "<=", ">=");

  private final List<Token> tokens;
  private int at;

  ExpressionParser(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token take() {
    return tokens.get(at++);
  }

  boolean isSymbol(String symbol) {
    return peek().is(Token.Kind.SYMBOL, symbol);
  }

  boolean isWord(String word) {
    return peek().is(Token.Kind.NAME, word);
  }

  boolean takeSymbol(String symbol) {
    boolean there = isSymbol(symbol);
    at += there ? 1 : 0;
    return there;
  }

  boolean takeWord(String word) {
    boolean there = isWord(word);
    at += there ? 1 : 0;
    return there;
  }

  void expectSymbol(String symbol) {
    if (!takeSymbol(symbol)) {
      throw new TemplateException("expected '" + symbol + "' but found '" + peek().text() + "'");
    }
  }

  String expectName() {
    Token token = take();
    if (token.kind() != Token.Kind.NAME) {
      throw new TemplateException("expected a name but found '" + token.text() + "'");
    }
    return token.text();
  }

  void expectClose() {
    Token token = take();
    if (token.kind() != Token.Kind.CLOSE) {
      throw new TemplateException("unexpected '" + token.text() + "'");
    }
  }

  Expression expression() {
    Expression value = or();
    if (!takeWord("if")) {
      return value;
    }
    Expression condition = or();
    Expression no = takeWord("else") ? expression() : new Expression.Literal(Values.UNDEFINED);
    return new Expression.Choice(condition, value, no);
  }

  /** An expression, or several with commas between them: a tuple. */
  Expression expressionOrTuple() {
    Expression first = expression();
    if (!isSymbol(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (takeSymbol(",")) {
      items.add(expression());
    }
    return new Expression.ListOf(items);
  }

  Expression or() {
    Expression left = and();
    while (takeWord("or")) {
      left = new Expression.Logic("or", left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (takeWord("and")) {
      left = new Expression.Logic("and", left, not());
    }
    return left;
  }

  private Expression not() {
    return takeWord("not") ? new Expression.Not(not()) : comparison();
  }

  private Expression comparison() {
    Expression left = sum();
    while (true) {
      if (peek().kind() == Token.Kind.SYMBOL && COMPARISONS.contains(peek().text())) {
        left = new Expression.Binary(take().text(), left, sum());
      } else if (takeWord("in")) {
        left = new Expression.Binary("in", left, sum());
      } else if (isWord("not") && tokens.get(at + 1).is(Token.Kind.NAME, "in")) {
        at += 2;
        left = new Expression.Binary("not in", left, sum());
      } else if (takeWord("is")) {
        left = test(left);
      } else {
        return left;
      }
    }
  }

  private Expression test(Expression target) {
    boolean negated = takeWord("not");
    String name = expectName();
    Expression.Arguments arguments = takeSymbol("(") ? arguments() : Expression.Arguments.NONE;
    Expression test = new Expression.Test(target, name, arguments);
    return negated ? new Expression.Not(test) : test;
  }

  private Expression sum() {
    Expression left = product();
    while (isSymbol("+") || isSymbol("-") || isSymbol("~")) {
      left = new Expression.Binary(take().text(), left, product());
    }
    return left;
  }

  private Expression product() {
    Expression left = unary();
    while (isSymbol("*") || isSymbol("/") || isSymbol("//") || isSymbol("%")) {
      left = new Expression.Binary(take().text(), left, unary());
    }
    return left;
  }

  private Expression unary() {
    if (takeSymbol("-")) {
      return new Expression.Binary("-", new Expression.Literal(0L), unary());
    }
    return filtered(postfix(primary()));
  }

  private Expression filtered(Expression start) {
    Expression value = start;
    while (takeSymbol("|")) {
      String name = expectName();
      Expression.Arguments arguments = takeSymbol("(") ? arguments() : Expression.Arguments.NONE;
      value = postfix(new Expression.Filter(value, name, arguments));
    }
    return value;
  }

  private Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      if (takeSymbol(".")) {
        value = new Expression.Member(value, new Expression.Literal(expectName()));
      } else if (takeSymbol("[")) {
        value = subscript(value);
      } else if (takeSymbol("(")) {
        value = new Expression.Call(value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expression subscript(Expression target) {
    List<Expression> bounds = new ArrayList<>();
    Expression first = isSymbol(":") ? null : expression();
    if (takeSymbol("]")) {
      return new Expression.Member(target, first);
    }
    bounds.add(first);
    while (takeSymbol(":")) {
      bounds.add(isSymbol(":") || isSymbol("]") ? null : expression());
    }
    expectSymbol("]");
    return new Expression.Slice(target, Arrays.asList(bounds.toArray(new Expression[0])));
  }

  private Expression.Arguments arguments() {
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    while (!takeSymbol(")")) {
      boolean isNamed =
          peek().kind() == Token.Kind.NAME && tokens.get(at + 1).is(Token.Kind.SYMBOL, "=");
      if (isNamed) {
        String name = take().text();
        take();
        named.put(name, expression());
      } else {
        positional.add(expression());
      }
      if (!isSymbol(")")) {
        expectSymbol(",");
      }
    }
    return new Expression.Arguments(positional, named);
  }

  private Expression primary() {
    Token token = take();
    return switch (token.kind()) {
      case STRING -> new Expression.Literal(strings(token.text()));
      case INTEGER -> new Expression.Literal(Long.parseLong(token.text()));
      case DECIMAL -> new Expression.Literal(Double.parseDouble(token.text()));
      case NAME -> name(token.text());
      case SYMBOL -> bracketed(token.text());
      default -> throw new TemplateException("an expression is missing");
    };
  }

  /** Texts side by side are one text, as in Python. */
  private String strings(String first) {
    StringBuilder text = new StringBuilder(first);
    while (peek().kind() == Token.Kind.STRING) {
      text.append(take().text());
    }
    return text.toString();
  }

  private static Expression name(String name) {
    return switch (name) {
      case "true", "True" -> new Expression.Literal(true);
      case "false", "False" -> new Expression.Literal(false);
      case "none", "None" -> new Expression.Literal(null);
      default -> new Expression.Name(name);
    };
  }

  private Expression bracketed(String symbol) {
    return switch (symbol) {
      case "(" -> {
        if (takeSymbol(")")) {
          yield new Expression.ListOf(List.of());
        }
        Expression inner = expressionOrTuple();
        expectSymbol(")");
        yield inner;
      }
      case "[" -> new Expression.ListOf(items("]"));
      case "{" -> map();
      default -> throw new TemplateException("unexpected '" + symbol + "'");
    };
  }

  private List<Expression> items(String close) {
    List<Expression> items = new ArrayList<>();
    while (!takeSymbol(close)) {
      items.add(expression());
      if (!isSymbol(close)) {
        expectSymbol(",");
      }
    }
    return items;
  }

  private Expression map() {
    Map<Expression, Expression> entries = new LinkedHashMap<>();
    while (!takeSymbol("}")) {
      Expression key = expression();
      expectSymbol(":");
      entries.put(key, expression());
      if (!isSymbol("}")) {
        expectSymbol(",");
      }
    }
    return new Expression.MapOf(entries);
  }
}
