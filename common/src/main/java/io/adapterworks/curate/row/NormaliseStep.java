package io.adapterworks.curate.row;

import java.text.Normalizer;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.parser.Parser;

/**
 * Brings text into one form. What is written, and what answers it: characters are composed and
 * those that show nothing go, but lines, indentation and tags stay, for they may be code. A
 * message: HTML becomes the text it shows, Unicode is composed (NFC, which keeps what a person
 * typed; NFKC would turn ½ into 1⁄2 and is left to the duplicate key), control and invisible
 * characters go, runs of blanks become one.
 */
public final class NormaliseStep implements RowStep {
  private static final Pattern ENTITY = Pattern.compile("&(#\\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,31});");
  private static final Pattern TAG = Pattern.compile("</?[a-zA-Z][a-zA-Z0-9]*(\\s[^<>]*)?/?>|<!--");
  private static final Pattern BLANKS = Pattern.compile("[\\p{Zs}\\t\\x0B\\f]+");
  private static final Pattern LINE_ENDS =
      Pattern.compile(" ?(\\r\\n|[\\r\\u0085\\u2028\\u2029]|\\n) ?");
  private static final Pattern LINE_BREAKS = Pattern.compile("\\r\\n|[\\r\\u0085\\u2028\\u2029]");
  private static final Pattern OUTER_LINES = Pattern.compile("\\A(?:[\\p{Zs}\\t]*\n)+");
  private static final Pattern EMPTY_LINES = Pattern.compile("\\n{3,}");

  @Override
  public String name() {
    return "normalise";
  }

  @Override
  public StepResult apply(Draft draft) {
    return new StepResult.Kept(
        draft.response() == null
            ? draft.withText(normalise(draft.text()), null)
            : draft.withText(composed(draft.text()), composed(draft.response())));
  }

  /** {@code text} with its characters composed and its lines ended alike, and no more. */
  public static String composed(String text) {
    String plain = Normalizer.normalize(visible(text), Normalizer.Form.NFC);
    String lines = LINE_BREAKS.matcher(plain).replaceAll("\n");
    return OUTER_LINES.matcher(lines).replaceAll("").stripTrailing();
  }

  /** The normal form of {@code text}; the normal form of a normal form is itself. */
  public static String normalise(String text) {
    String plain = Normalizer.normalize(visible(withoutHtml(text)), Normalizer.Form.NFC);
    plain = LINE_ENDS.matcher(BLANKS.matcher(plain).replaceAll(" ")).replaceAll("\n");
    return EMPTY_LINES.matcher(plain).replaceAll("\n\n").strip();
  }

  private static String withoutHtml(String text) {
    String plain = text;
    // Logs hold text that was escaped twice; a third time has not been seen.
    for (int round = 0; round < 2; round++) {
      if (plain.indexOf('<') >= 0 && TAG.matcher(plain).find()) {
        Document document = Jsoup.parse(plain);
        document.select("br, p, div, li, tr").before(" ");
        plain = document.text();
      } else if (plain.indexOf('&') >= 0 && ENTITY.matcher(plain).find()) {
        plain = Parser.unescapeEntities(plain, false);
      }
    }
    return plain;
  }

  /** Drops control characters but line breaks and tabs, and characters that show nothing. */
  private static String visible(String text) {
    StringBuilder kept = new StringBuilder(text.length());
    text.codePoints()
        .filter(point -> !isInvisible(point) || joinsEmoji(point, kept))
        .forEach(kept::appendCodePoint);
    return kept.toString();
  }

  private static boolean isInvisible(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL -> point != '\n' && point != '\r' && point != '\t' && point != 0x85;
      case Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED -> true;
      default -> point == 0xFFFD || point == 0xFFFC || point == 0x3164 || point == 0x115F;
    };
  }

  /** A zero-width joiner means something after an emoji or an Indic or Arabic letter only. */
  private static boolean joinsEmoji(int point, CharSequence before) {
    if ((point != 0x200D && point != 0x200C) || before.isEmpty()) {
      return false;
    }
    char last = before.charAt(before.length() - 1);
    return Character.isSurrogate(last) || last == 0xFE0F || (last >= 0x600 && last < 0x1000);
  }
}
