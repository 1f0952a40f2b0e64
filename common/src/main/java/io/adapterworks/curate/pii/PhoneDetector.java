package io.adapterworks.curate.pii;

import com.google.i18n.phonenumbers.NumberParseException;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Phone numbers. A candidate has 6 to 15 digits in groups; it is one where libphonenumber knows it
 * as valid in a configured region or anywhere, or where the words around it speak of calling, or
 * where it is written as only phone numbers are (a leading zero or bracket, an extension).
 */
final class PhoneDetector implements PiiDetector {
  private static final Pattern CANDIDATE =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}/#£$€-])(?<!\\d[.,:])(?:\\+|00(?=[ \\d]))?[ .]?\\(?\\d{1,5}\\)?"
              + "(?:[ \\u00a0.()/-]{0,2}\\d{1,8}){1,7}(?: ?(?:x|ext\\.?) ?\\d{1,6})?(?![\\p{N}]|[.,]\\d|\\p{L})");

  private static final Pattern CALLING =
      Patterns.anyCase(
          "\\b(call\\w*|phon\\w*|tel\\w*|mob\\w*|cell\\w*|ring|rang|text(ed|s)?|sms|whatsapp|fax"
              + "|number|reach|contact|dial\\w*|answering|office|landline|handy|numéro|nummer)\\b");

  private static final Pattern DATE_LIKE =
      Pattern.compile(
          "\\(?(?:[0-3]?\\d[./-][0-3]?\\d[./-](?:\\d{2}|\\d{4})|\\d{4}[./-][01]?\\d[./-][0-3]?\\d)(?: .*)?");

  private static final Pattern DECIMAL = Pattern.compile("0\\.\\d+");

  private static final Pattern WRITTEN_AS_PHONE =
      Pattern.compile("\\+.*|00\\d.*|\\(\\d{2,5}\\).*|0\\d{1,4}[\\s./-].*|0\\d{9,10}|.*(x|ext).*");

  /** North American form: three, three, four. */
  private static final Pattern THREE_THREE_FOUR =
      Pattern.compile("(\\+?1[ .-])?\\(?\\d{3}\\)?[ .-]?\\d{3}[ .-]\\d{4}");

  /** A short landline number is written in groups; six digits in one are something else. */
  private static final Pattern SIX_DIGITS =
      Pattern.compile("\\d{2}[ .-]\\d{2}[ .-]\\d{2}|\\d{3}[ .-]\\d{3}");

  private static final int WORDS_BEFORE = 45;
  private static final int WORDS_AFTER = 20;

  private final PhoneNumberUtil numbers = PhoneNumberUtil.getInstance();
  private final List<String> regions;

  PhoneDetector(List<String> regions) {
    this.regions = List.copyOf(regions);
  }

  @Override
  public List<PiiSpan> find(String text) {
    if (!Patterns.hasDigits(text, 6)) {
      return List.of();
    }
    List<PiiSpan> found = new ArrayList<>();
    Matcher matcher = CANDIDATE.matcher(text);
    while (matcher.find()) {
      int start = matcher.start();
      while (text.charAt(start) == ' ' || text.charAt(start) == '.') {
        start++;
      }
      String candidate = text.substring(start, matcher.end());
      if (isPhone(text, start, candidate)) {
        found.add(new PiiSpan(start, matcher.end(), PiiType.PHONE));
      }
    }
    return found;
  }

  private boolean isPhone(String text, int start, String candidate) {
    int digits = Patterns.digits(candidate.replaceAll("\\s?(x|ext).*", "")).length();
    boolean international = candidate.startsWith("+") || candidate.startsWith("00");
    boolean other =
        DATE_LIKE.matcher(candidate).matches() || DECIMAL.matcher(candidate).matches();
    if (digits < 6 || digits > 15 || other) {
      return false;
    }
    if (digits == 6) {
      return speaksOfCalling(text, start, start + candidate.length())
          && SIX_DIGITS.matcher(candidate).matches();
    }
    return isValid(candidate, international)
        || WRITTEN_AS_PHONE.matcher(candidate).matches()
        || THREE_THREE_FOUR.matcher(candidate).matches()
        || speaksOfCalling(text, start, start + candidate.length());
  }

  private boolean isValid(String candidate, boolean international) {
    String number = candidate.startsWith("00") ? "+" + candidate.substring(2) : candidate;
    if (international) {
      return isValidIn(number, null);
    }
    return regions.stream().anyMatch(region -> isValidIn(number, region)) && number.startsWith("0");
  }

  private boolean isValidIn(String number, String region) {
    try {
      return numbers.isValidNumber(numbers.parse(number, region));
    } catch (NumberParseException notANumber) {
      return false;
    }
  }

  private static boolean speaksOfCalling(String text, int start, int end) {
    String before = text.substring(Math.max(0, start - WORDS_BEFORE), start);
    String after = text.substring(end, Math.min(text.length(), end + WORDS_AFTER));
    return CALLING.matcher(before).find() || CALLING.matcher(after).find();
  }
}
