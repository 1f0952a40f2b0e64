package io.adapterworks.tokenize.template;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into tokens, with the whitespace rules that transformers renders chat templates
 * by: the newline after a statement and the blanks before one on its line are dropped, and {@code
 * -} drops all whitespace on its side.
 */
final class Lexer {
  private static final List<String> TWO_CHARACTERS = List.of("==", "!=", "<=", ">=", "//", "**");
  private static final String ONE_CHARACTER = "+-*/%~()[]{}.,:|=<>";

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private boolean trimNext;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String source) {
    Lexer lexer = new Lexer(source);
    while (lexer.at < source.length()) {
      lexer.text();
      lexer.tag();
    }
    lexer.tokens.add(new Token(Token.Kind.END, ""));
    return lexer.tokens;
  }

  private void text() {
    int start = at;
    int tag = nextTag(at);
    at = tag;
    String text = source.substring(start, tag);
    if (trimNext) {
      text = text.stripLeading();
    }
    if (tag < source.length()) {
      boolean strip = source.startsWith("-", tag + 2);
      if (strip) {
        text = text.stripTrailing();
      } else if (source.charAt(tag + 1) != '{') {
        text = withoutIndent(text, start == 0 || source.charAt(start - 1) == '\n');
      }
    }
    if (!text.isEmpty()) {
      tokens.add(new Token(Token.Kind.TEXT, text));
    }
  }

  private int nextTag(int from) {
    for (int i = from; i + 1 < source.length(); i++) {
      if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return source.length();
  }

  /** Without the blanks after the last newline, or all where the text starts a line. */
  private static String withoutIndent(String text, boolean startsLine) {
    int end = text.length();
    while (end > 0 && (text.charAt(end - 1) == ' ' || text.charAt(end - 1) == '\t')) {
      end--;
    }
    boolean ownLine = end == 0 ? startsLine : text.charAt(end - 1) == '\n';
    return ownLine ? text.substring(0, end) : text;
  }

  private void tag() {
    if (at >= source.length()) {
      return;
    }
    char type = source.charAt(at + 1);
    String close = type == '{' ? "}}" : type == '%' ? "%}" : "#}";
    at += 2;
    if (at < source.length() && (source.charAt(at) == '-' || source.charAt(at) == '+')) {
      at++;
    }
    if (type == '#') {
      int end = source.indexOf(close, at);
      if (end < 0) {
        throw new TemplateException("a comment does not end");
      }
      at = end;
    } else {
      tokens.add(new Token(type == '{' ? Token.Kind.OPEN_PRINT : Token.Kind.OPEN_STATEMENT, ""));
      while (!closes(close)) {
        inner();
      }
      tokens.add(new Token(Token.Kind.CLOSE, ""));
    }
    trimNext = type == '#' ? source.charAt(at - 1) == '-' : source.charAt(at) == '-';
    at += source.startsWith("-", at) ? 3 : 2;
    if (type != '{' && !trimNext && at < source.length() && source.charAt(at) == '\n') {
      at++;
    }
  }

  private boolean closes(String close) {
    while (at < source.length() && Character.isWhitespace(source.charAt(at))) {
      at++;
    }
    if (at >= source.length()) {
      throw new TemplateException("a tag does not end with " + close);
    }
    return source.startsWith(close, at) || source.startsWith("-" + close, at);
  }

  private void inner() {
    char c = source.charAt(at);
    if (c == '\'' || c == '"') {
      tokens.add(new Token(Token.Kind.STRING, string(c)));
    } else if (Character.isDigit(c)) {
      number();
    } else if (Character.isJavaIdentifierStart(c)) {
      int start = at;
      while (at < source.length() && Character.isJavaIdentifierPart(source.charAt(at))) {
        at++;
      }
      tokens.add(new Token(Token.Kind.NAME, source.substring(start, at)));
    } else {
      symbol(c);
    }
  }

  private void symbol(char c) {
    for (String two : TWO_CHARACTERS) {
      if (source.startsWith(two, at)) {
        tokens.add(new Token(Token.Kind.SYMBOL, two));
        at += 2;
        return;
      }
    }
    if (ONE_CHARACTER.indexOf(c) < 0) {
      throw new TemplateException("unexpected character '" + c + "'");
    }
    tokens.add(new Token(Token.Kind.SYMBOL, String.valueOf(c)));
    at++;
  }

  private void number() {
    int start = at;
    boolean decimal = false;
    while (at < source.length()
        && (Character.isDigit(source.charAt(at))
            || (source.charAt(at) == '.'
                && at + 1 < source.length()
                && Character.isDigit(source.charAt(at + 1))))) {
      decimal |= source.charAt(at) == '.';
      at++;
    }
    tokens.add(
        new Token(decimal ? Token.Kind.DECIMAL : Token.Kind.INTEGER, source.substring(start, at)));
  }

  private String string(char quote) {
    StringBuilder text = new StringBuilder();
    at++;
    while (at < source.length() && source.charAt(at) != quote) {
      char c = source.charAt(at++);
      if (c == '\\' && at < source.length()) {
        char escaped = source.charAt(at++);
        switch (escaped) {
          case 'n' -> text.append('\n');
          case 't' -> text.append('\t');
          case 'r' -> text.append('\r');
          case '\\', '\'', '"' -> text.append(escaped);
          default -> text.append('\\').append(escaped);
        }
      } else {
        text.append(c);
      }
    }
    if (at >= source.length()) {
      throw new TemplateException("a text in quotes does not end");
    }
    at++;
    return text.toString();
  }
}
