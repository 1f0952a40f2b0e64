package io.adapterworks.tokenize.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the statements of a template. */
final class TemplateParser {
  private final ExpressionParser source;

  private TemplateParser(ExpressionParser source) {
    this.source = source;
  }

  static List<Statement> parse(String template) {
    TemplateParser parser = new TemplateParser(new ExpressionParser(Lexer.tokens(template)));
    List<Statement> body = new ArrayList<>();
    String end = parser.body(body, Set.of());
    if (!end.isEmpty()) {
      throw new TemplateException("unexpected '" + end + "'");
    }
    return body;
  }

  /** Reads until one of the closing words, which it takes and returns, or the end. */
  private String body(List<Statement> body, Set<String> closing) {
    while (true) {
      Token token = source.take();
      switch (token.kind()) {
        case TEXT -> body.add(new Statement.Text(token.text()));
        case OPEN_PRINT -> {
          body.add(new Statement.Print(source.expression()));
          source.expectClose();
        }
        case OPEN_STATEMENT -> {
          String word = source.expectName();
          if (closing.contains(word)) {
            return word;
          }
          body.add(statement(word));
        }
        case END -> {
          if (!closing.isEmpty()) {
            throw new TemplateException(
                "one of " + closing.stream().sorted().toList() + " is missing");
          }
          return "";
        }
        default -> throw new TemplateException("unexpected '" + token.text() + "'");
      }
    }
  }

  private List<Statement> bodyUntil(String closing) {
    source.expectClose();
    List<Statement> body = new ArrayList<>();
    body(body, Set.of(closing));
    source.expectClose();
    return body;
  }

  private Statement statement(String word) {
    return switch (word) {
      case "if" -> condition();
      case "for" -> loop();
      case "set" -> set();
      case "macro" -> macro();
      case "generation" -> new Statement.Block(bodyUntil("endgeneration"));
      case "break", "continue" -> {
        source.expectClose();
        yield new Statement.Jump(
            word.equals("break") ? Statement.Flow.BREAK : Statement.Flow.CONTINUE);
      }
      default -> throw new TemplateException("the statement '" + word + "' is not supported");
    };
  }

  private Statement condition() {
    Expression condition = source.expression();
    source.expectClose();
    List<Statement> yes = new ArrayList<>();
    List<Statement> no = new ArrayList<>();
    String end = body(yes, Set.of("elif", "else", "endif"));
    if (end.equals("elif")) {
      no.add(condition());
      return new Statement.If(condition, yes, no);
    }
    if (end.equals("else")) {
      source.expectClose();
      body(no, Set.of("endif"));
    }
    source.expectClose();
    return new Statement.If(condition, yes, no);
  }

  private Statement loop() {
    List<String> names = new ArrayList<>(List.of(source.expectName()));
    while (source.takeSymbol(",")) {
      names.add(source.expectName());
    }
    if (!source.takeWord("in")) {
      throw new TemplateException("a loop without 'in'");
    }
    Expression items = source.or();
    Expression condition = source.takeWord("if") ? source.expression() : null;
    source.takeWord("recursive");
    source.expectClose();
    List<Statement> body = new ArrayList<>();
    List<Statement> otherwise = new ArrayList<>();
    if (body(body, Set.of("else", "endfor")).equals("else")) {
      source.expectClose();
      body(otherwise, Set.of("endfor"));
    }
    source.expectClose();
    return new Statement.For(names, items, condition, body, otherwise);
  }

  private Statement set() {
    String name = source.expectName();
    if (!source.isSymbol("=") && !source.isSymbol(".")) {
      return new Statement.Capture(name, bodyUntil("endset"));
    }
    String field = source.takeSymbol(".") ? source.expectName() : null;
    source.expectSymbol("=");
    Expression value = source.expressionOrTuple();
    source.expectClose();
    return new Statement.Set(name, field, value);
  }

  private Statement macro() {
    String name = source.expectName();
    Map<String, Expression> parameters = new LinkedHashMap<>();
    source.expectSymbol("(");
    while (!source.takeSymbol(")")) {
      String parameter = source.expectName();
      parameters.put(parameter, source.takeSymbol("=") ? source.expression() : null);
      if (!source.isSymbol(")")) {
        source.expectSymbol(",");
      }
    }
    return new Statement.Macro(name, parameters, bodyUntil("endmacro"));
  }
}
