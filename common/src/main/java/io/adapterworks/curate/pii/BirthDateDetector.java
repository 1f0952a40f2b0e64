package io.adapterworks.curate.pii;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Dates of birth: whole dates near words that speak of a birth. Other dates stay. */
final class BirthDateDetector implements PiiDetector {
  private static final String MONTH =
      "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
          + "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?";
  private static final String DAY = "(?:the\\s+)?\\d{1,2}(?:st|nd|rd|th)?";

  private static final Pattern DATE =
      Patterns.anyCase(
          "(?<![\\p{N}/.-])(?:\\d{1,2}[./-]\\d{1,2}[./-](?:\\d{4}|\\d{2})|\\d{4}[./-]\\d{1,2}[./-]\\d{1,2}"
              + "|\\d{1,2}(?:st|nd|rd|th)?\\s+(?:of\\s+)?"
              + MONTH
              + ",?\\s+\\d{4}|"
              + MONTH
              + "\\s+"
              + DAY
              + ",?\\s+\\d{4})(?![\\p{N}]|[/-]\\d)");

  private static final Pattern BIRTH =
      Patterns.anyCase("\\b(born|birth\\w*|b-?day|d\\.?o\\.?b|dob|geboren|née?)\\b");

  private static final int WORDS_BEFORE = 90;
  private static final int WORDS_AFTER = 30;

  @Override
  public List<PiiSpan> find(String text) {
    if (!Patterns.hasDigits(text, 4) || !BIRTH.matcher(text).find()) {
      return List.of();
    }
    List<PiiSpan> found = new ArrayList<>();
    Matcher matcher = DATE.matcher(text);
    while (matcher.find()) {
      String before = text.substring(Math.max(0, matcher.start() - WORDS_BEFORE), matcher.start());
      int until = Math.min(text.length(), matcher.end() + WORDS_AFTER);
      if (leadsTo(before) || BIRTH.matcher(text.substring(matcher.end(), until)).find()) {
        found.add(new PiiSpan(matcher.start(), matcher.end(), PiiType.DATE_OF_BIRTH));
      }
    }
    return found;
  }

  /** Whether a birth is spoken of and no other date stands between. */
  private static boolean leadsTo(String before) {
    Matcher birth = BIRTH.matcher(before);
    int end = -1;
    while (birth.find()) {
      end = birth.end();
    }
    return end >= 0 && !DATE.matcher(before.substring(end)).find();
  }
}
