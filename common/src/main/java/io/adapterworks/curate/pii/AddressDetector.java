package io.adapterworks.curate.pii;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Street addresses: a house number and a street as English, French, Spanish, Italian, Portuguese,
 * German, Dutch and Scandinavian write them, with the flat before and the town and postcode after.
 */
final class AddressDetector implements PiiDetector {
  /** A word of a proper name, with joining words. */
  private static final String PROPER =
      "(?:[\\p{Lu}][\\p{L}\\p{M}'’.-]*|(?i:of|the|de|del|della|des|du|la|le|les|los|van|der|den|di|da|do|dos|and|upon|on|et|y|e|im|am|an|zu|zum|zur))"
          + "(?![\\p{L}])";

  private static final String STREET_TYPE =
      "(?i:street|st|road|rd|avenue|ave|lane|ln|close|drive|dr|court|ct|terrace|row|gardens?|mews"
          + "|hill|way|wharf|parade|place|pl|square|sq|crescent|cres|cottages?|boulevard|blvd|parkway"
          + "|pkwy|grove|walk|rise|view|park|green|quay|circle|highway|hwy|trail|alley|vale|meadows?"
          + "|croft|yard|bank|villas?|estate|loop|pike|plaza|broadway|esplanade|heights)";

  private static final String UNIT =
      "(?:(?i:flat|apt|apartment|unit|suite|ste|room|house|block)\\.?\\s*(?:#\\s*)?[A-Za-z]?\\d{1,5}[A-Za-z]?)";

  private static final String NUMBER = "\\d{1,5}[A-Za-z]?(?:[-/]\\d{1,4}[A-Za-z]?)?";

  private static final String UK_POSTCODE = "(?i:[a-z]{1,2}\\d[a-z\\d]?\\s?\\d[abd-hjlnp-uw-z]{2})";

  private static final String TOWN =
      "[\\p{Lu}][\\p{L}\\p{M}'’.-]+(?:[ -][\\p{Lu}][\\p{L}\\p{M}'’.-]+){0,3}";

  private static final String TAIL =
      "(?:(?:,|\\s*\\n|,\\s*\\n)?\\s*"
          + UNIT
          + "\\.?)?"
          + "(?:,\\s*\\d{1,2}[ºª°]?\\s?[A-Z]?(?=,))?"
          + "(?:(?:,|\\s*\\n|,\\s*\\n)\\s*(?:"
          + "\\d{4,5}(?:\\s?[A-Z]{2})?\\s+"
          + TOWN
          + "|"
          + TOWN
          + "(?:,?\\s+(?:"
          + UK_POSTCODE
          + "|(?:[A-Z]{2}\\s)?\\d{5}(?:-\\d{4})?))"
          + "|"
          + UK_POSTCODE
          + "))*";

  /** What parts the lines of an address: a comma, or a line end with the marks of a quotation. */
  private static final String NEXT = "(?:,?[ \\t]*\\n[ >?]*(?:, *)?|,? +)";

  private static final String WORD = "(?:[\\p{L}][\\p{L}\\p{M}'’.ªº()-]*|\\d{1,3}(?:st|nd|rd|th))";

  private static final String LINE =
      "(?:(?:"
          + PROPER
          + "|nan)(?![\\p{L}])(?: "
          + PROPER
          + "(?![\\p{L}])){0,5}(?: \\d{4,6}(?:-\\d{4})?)?|\\d{4,6}(?:-\\d{4})?)";

  /** More lines where they end in a postcode. */
  private static final String TO_POSTCODE = "(?:(?:" + NEXT + LINE + "){1,4}(?<=\\d{4}))?";

  /** The number of a flat or a floor, before that of the house. */
  private static final String BEFORE_NUMBER = "(?:\\d{1,3} )?";

  private static final Pattern ENGLISH =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}£$€.])(?:"
              + UNIT
              + ",?\\s+)?"
              + BEFORE_NUMBER
              + NUMBER
              + ",?\\s+(?:"
              + PROPER
              + "\\s+){1,4}"
              + STREET_TYPE
              + "(?![\\p{L}\\p{N}])\\.?"
              + TAIL
              + TO_POSTCODE);

  private static final Pattern STREET_FIRST =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}£$€.])(?:"
              + UNIT
              + ",?\\s+)?"
              + BEFORE_NUMBER
              + NUMBER
              + ",?\\s+(?i:bis\\s+)?(?i:rue|avenue|boulevard|place|chemin|allée|impasse|quai|cours|route)\\s+(?:"
              + PROPER
              + "\\s?){1,5}(?<!\\s)"
              + TAIL
              + TO_POSTCODE);

  private static final Pattern NUMBER_LAST =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}])(?:(?i:calle|avenida|avda|plaza|paseo|ctra|camino|via|viale|piazza|corso"
              + "|largo|rua|travessa|ulica|ul|rue)\\.?\\s+(?:"
              + PROPER
              + "[\\s,]+){1,4}|(?:"
              + PROPER
              + "\\s+){0,2}[\\p{Lu}][\\p{L}-]*(?i:stra(?:ß|ss)e|str\\.|gasse|platz|weg|allee|ufer|damm"
              + "|straat|laan|kade|plein|gracht|singel|dijk|vej|gade|vägen|gatan|gata|väg|veien|gaten|katu|tie)"
              + "\\s+)(?:n[º°]\\s?)?"
              + NUMBER
              + "(?![\\p{L}\\p{N}€$£%])"
              + TAIL
              + TO_POSTCODE);

  /** Any street, however it is written, that a flat or suite number follows. */
  private static final Pattern WITH_UNIT =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}£$€.])"
              + NUMBER
              + "(?: "
              + NUMBER
              + ")?(?: "
              + WORD
              + "){1,6}(?: "
              + NUMBER
              + ")?\\.?"
              + NEXT
              + "(?i:flat|apt|apartment|suite|ste)\\.? \\d{1,5}(?:"
              + NEXT
              + LINE
              + "){0,4}");

  /** A number before these counts something. */
  private static final String NO_AMOUNT =
      "(?! (?i:seconds?|minutes?|hours?|days?|weeks?|months?|years?|times?|business|working|calendar"
          + "|different|new|old|more|other|people|persons?|friends?|cards?|accounts?|payments?"
          + "|transfers?|transactions?|pounds?|euros?|dollars?|quid|pence|cents?|percent|am|pm)(?!\\p{L}))";

  /** Whatever follows a house number where the words before speak of an address. */
  private static final Pattern AFTER_WORDS =
      Pattern.compile(
          "(?i:\\baddress(?:es)?(?:\\s+(?:is|are|to|with)|\\s*\\?\\s+it(?:'s| is))?:?"
              + "|\\b(?:lived?s?|living|located|arrived|offices?|stays?|staying|reside[sd]?|meet (?:me|us)"
              + "|(?:office|restaurant|shop|house|branch|station|hotel) is(?: located)?) (?:at|in|on)"
              + "|\\b(?:moved|sent|deliver(?:ed)?|return(?:ed)?|ship(?:ped)?|taxi|cab) to"
              + "|\\bnew one to)\\s+("
              + NUMBER
              + NO_AMOUNT
              + "(?: "
              + NUMBER
              + ")?(?: (?:"
              + PROPER
              + "(?![\\p{L}])|\\d{1,3}(?:st|nd|rd|th))){1,6}(?: [\\p{Ll}]+(?= \\d))?(?: "
              + NUMBER
              + ")?(?:(?:,?[ \\t]*\\n[ >?]*(?:, *)?|, +)"
              + LINE
              + "){0,4})(?![\\p{L}\\p{N}])");

  /** A number before and another after the name of a street. */
  private static final Pattern TWO_NUMBERS =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}£$€.,:])"
              + NUMBER
              + " (?!(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\\p{L}* )"
              + "(?:"
              + PROPER
              + " ){0,3}\\p{Lu}[\\p{L}\\p{M}'’.-]+ "
              + NUMBER
              + "(?![\\p{L}\\p{N}€$£%:]|[.,]\\d)"
              + TO_POSTCODE);

  /** A street in a text without capitals: its kind must leave no doubt. */
  private static final Pattern LOWER_CASE_STREET =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}£$€.])"
              + NUMBER
              + ",? (?:(?!(?:the|a|an|my|your|in|on|at|to|from|of|for|this|that|is|are)\\b)[\\p{L}'’-]+ ){1,3}"
              + "(?:street|road|avenue|lane|drive|boulevard|crescent|terrace|mews|rd|ave|blvd|ln)"
              + "(?![\\p{L}\\p{N}])(?:(?:,|,? ?\\n) ?[\\p{L}'’-]+)?(?: "
              + UK_POSTCODE
              + ")?");

  /** A house number and whatever lines follow it down to one with a postcode. */
  private static final Pattern LINES_TO_POSTCODE =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}£$€.,:-])"
              + BEFORE_NUMBER
              + NUMBER
              + "(?: "
              + WORD
              + "){1,6}(?: "
              + NUMBER
              + ")?\\.?,?[ \\t]*\\n[ >?]*(?:, *)?"
              + LINE
              + "(?:"
              + NEXT
              + LINE
              + "){0,3}(?<=\\d{4})(?![\\p{L}\\p{N}])");

  private static final Pattern CORNER =
      Pattern.compile(
          "\\b(?:[Tt]he )?[Cc]orner of (?:"
              + NUMBER
              + " )?(?:"
              + PROPER
              + " ){1,5}(?:"
              + NUMBER
              + "\\.? )?and (?:"
              + NUMBER
              + " )?"
              + PROPER
              + "(?: "
              + PROPER
              + "){0,3}");

  private static final Pattern NAMED_POSTCODE =
      Pattern.compile(
          "(?i:\\b(?:zip|zip ?code|post ?code|postal code)\\b(?: is|:)?)\\s*(\\d{4,6}(?:-\\d{4})?|"
              + UK_POSTCODE
              + ")(?![\\p{L}\\p{N}])");

  private static final Pattern TWO_GROUPS = Pattern.compile("\\d\\D+\\d");

  private static final Pattern MILITARY =
      Patterns.anyCase(
          "\\b(?:(?:psc|unit|cmr)\\s\\d{1,5},?\\s+box\\s\\d{1,5}|us(?:s|cgc|ns|nv)\\s\\p{L}+)"
              + "\\s+(?:apo|fpo|dpo)\\s+[a-z]{2}\\s+\\d{5}");

  private static final Pattern TOWN_AND_POSTCODE =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}])"
              + TOWN
              + ",?\\s+[A-Z]{1,2}\\d[A-Z\\d]?\\s?\\d[ABD-HJLNP-UW-Z]{2}(?![\\p{L}\\p{N}])");

  private static final Pattern BOX = Patterns.anyCase("\\bp\\.?\\s?o\\.?\\s?box\\s+\\d+\\b");

  private static final List<Pattern> FORMS =
      List.of(
          MILITARY,
          WITH_UNIT,
          ENGLISH,
          STREET_FIRST,
          NUMBER_LAST,
          AFTER_WORDS,
          TWO_NUMBERS,
          LINES_TO_POSTCODE,
          NAMED_POSTCODE,
          BOX,
          TOWN_AND_POSTCODE);

  @Override
  public List<PiiSpan> find(String text) {
    List<PiiSpan> found = new ArrayList<>();
    if (text.contains("orner of ")) {
      find(List.of(CORNER), text, found);
    }
    if (!Patterns.hasDigits(text, 1)) {
      return found;
    }
    if (text.chars().noneMatch(Character::isUpperCase)) {
      // Capitals tell nothing here: only forms that stand on more are looked for.
      find(List.of(LOWER_CASE_STREET, MILITARY, BOX, NAMED_POSTCODE), text, found);
      if (text.indexOf('\n') >= 0) {
        find(List.of(WITH_UNIT, LINES_TO_POSTCODE), capitalised(text), found);
      } else {
        find(List.of(WITH_UNIT), text, found);
      }
      List<PiiSpan> afterWords = new ArrayList<>();
      find(List.of(AFTER_WORDS), capitalised(text), afterWords);
      afterWords.stream().filter(span -> isSure(text, span)).forEach(found::add);
    } else {
      find(FORMS, text, found);
    }
    // Where forms overlap the one that takes in most wins.
    found.sort(Comparator.comparingInt((PiiSpan span) -> span.start() - span.end()));
    return found;
  }

  /** Whether a span of a text without capitals has a second number, or is called an address. */
  private static boolean isSure(String text, PiiSpan span) {
    String before = text.substring(Math.max(0, span.start() - 25), span.start());
    return before.contains("address")
        || TWO_GROUPS.matcher(text.substring(span.start(), span.end())).find();
  }

  private static void find(List<Pattern> forms, String text, List<PiiSpan> found) {
    for (Pattern form : forms) {
      Matcher matcher = form.matcher(text);
      while (matcher.find()) {
        int group = matcher.groupCount();
        int end = matcher.end(group);
        while (!Character.isLetterOrDigit(text.charAt(end - 1))) {
          end--;
        }
        found.add(new PiiSpan(matcher.start(group), end, PiiType.ADDRESS));
      }
    }
  }

  /** The text with a capital at the beginning of each word, every character in its place. */
  private static String capitalised(String text) {
    StringBuilder capitals = new StringBuilder(text);
    for (int i = 0; i < text.length(); i++) {
      boolean begins = i == 0 || !Character.isLetterOrDigit(text.charAt(i - 1));
      if (begins && text.charAt(i) != '’' && text.charAt(i) != '\'') {
        capitals.setCharAt(i, Character.toUpperCase(text.charAt(i)));
      }
    }
    return capitals.toString();
  }
}
