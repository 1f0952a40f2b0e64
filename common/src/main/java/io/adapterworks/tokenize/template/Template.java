package io.adapterworks.tokenize.template;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * A Jinja template, as far as the chat templates of models use the language: if, for, set, macro,
 * expressions, the usual filters and tests, Python's text methods. What it does not know it refuses
 * by name. Whitespace is handled as transformers sets Jinja up.
 */
public final class Template {
  /**
   * What {@code strftime_now} takes for today: the date that Llama 3.2's template falls back to.
   * The same rows must give the same tokens on any day, in training, when it is resumed, and in
   * serving.
   */
  private static final LocalDate TODAY = LocalDate.of(2024, 7, 26);

  private final List<Statement> body;

  private Template(List<Statement> body) {
    this.body = body;
  }

  /**
   * Parses a template; one newline at its very end does not count.
   *
   * @throws TemplateException for what is malformed or not supported
   */
  public static Template parse(String source) {
    boolean ended = source.endsWith("\n");
    return new Template(
        TemplateParser.parse(ended ? source.substring(0, source.length() - 1) : source));
  }

  /**
   * Fills the template in.
   *
   * @param variables text, numbers, booleans, lists and maps of such
   * @throws TemplateException when the template raises an error or asks for what is not there
   */
  public String render(Map<String, Object> variables) {
    Scope globals = new Scope(null, globals());
    StringBuilder out = new StringBuilder();
    try {
      Statement.renderAll(body, new Scope(globals, variables), out);
    } catch (ClassCastException | IndexOutOfBoundsException | NumberFormatException e) {
      throw new TemplateException("a value has the wrong type: " + e.getMessage());
    }
    return out.toString();
  }

  private static Map<String, Object> globals() {
    Map<String, Object> globals = new HashMap<>();
    globals.put("raise_exception", function(Template::raise));
    globals.put("namespace", function((arguments, named) -> new HashMap<>(named)));
    globals.put("dict", function((arguments, named) -> new HashMap<>(named)));
    globals.put("range", function((arguments, named) -> range(arguments)));
    globals.put("strftime_now", function((arguments, named) -> today(arguments)));
    return globals;
  }

  private static Expression.Callable function(Expression.Callable callable) {
    return callable;
  }

  private static Object raise(List<Object> arguments, Map<String, Object> named) {
    throw new TemplateException(arguments.isEmpty() ? "" : Values.text(arguments.get(0)));
  }

  private static List<Object> range(List<Object> arguments) {
    long from = arguments.size() > 1 ? (Long) arguments.get(0) : 0;
    long to = (Long) arguments.get(arguments.size() > 1 ? 1 : 0);
    return List.copyOf(LongStream.range(from, Math.max(from, to)).boxed().toList());
  }

  private static String today(List<Object> arguments) {
    String pattern =
        Values.text(arguments.get(0))
            .replace("%d", "dd")
            .replace("%b", "MMM")
            .replace("%B", "MMMM")
            .replace("%m", "MM")
            .replace("%Y", "yyyy");
    try {
      return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).format(TODAY);
    } catch (DateTimeException | IllegalArgumentException unknown) {
      throw new TemplateException(
          "strftime_now takes %d, %b, %B, %m and %Y, not " + Values.text(arguments.get(0)));
    }
  }
}
