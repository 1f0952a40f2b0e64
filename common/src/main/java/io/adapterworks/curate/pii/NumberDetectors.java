package io.adapterworks.curate.pii;

import static io.adapterworks.curate.pii.Patterns.anyCase;
import static io.adapterworks.curate.pii.Patterns.detector;
import static io.adapterworks.curate.pii.Patterns.hasDigits;
import static io.adapterworks.curate.pii.Patterns.where;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Bank, card and identity numbers. */
final class NumberDetectors {
  /** Lengths of IBANs by country, from the IBAN registry of SWIFT. */
  private static final Map<String, Integer> IBAN_LENGTHS =
      lengths(
          "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18"
              + " DO28 EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22"
              + " IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24"
              + " ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31"
              + " SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20");

  private static final Pattern IBAN_START =
      anyCase("(?<![\\p{L}\\p{N}])[a-z]{2}\\d{2}(?=[ -]?[a-z0-9])");

  private static final Pattern CARD_LIKE =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}])(?:[2-6]\\d{3}(?:["
              + " -]?\\d){9,15}|(?:5[06-8]\\d|6\\d\\d)\\d{9})(?![\\p{L}\\p{N}])");

  /** Social security numbers, and the taxpayer numbers that are written alike. */
  private static final Pattern SSN =
      Pattern.compile(
          "(?<![\\p{L}\\p{N}-])((?!000|666)\\d{3}([- ])(?!00)\\d{2}\\2(?!0000)\\d{4})"
              + "(?![\\p{L}\\p{N}-])");

  private static final String AFTER_WORDS =
      "(?:\\s+(?:no\\.?|number|nr\\.?|num|id|code))?(?:\\s+(?:is|was|are))?\\s*[:#=-]?\\s*";

  private static final Pattern NAMED_ID =
      anyCase(
          "\\b(?:ssn|social security|driver'?s?'? ?licen[cs]e|driving licen[cs]e|passport"
              + "|national id|id card|identity card|tax id|tin|pesel|bsn|steuer-?id|nhs"
              + "|national insurance|ni)"
              + AFTER_WORDS
              + "([a-z]{0,3}\\d[a-z0-9]*(?:[ -]\\d[a-z0-9]*){0,4})(?![\\p{L}\\p{N}])");

  private static final Pattern NINO =
      anyCase(
          "(?<![\\p{L}\\p{N}])(?!bg|gb|kn|nk|nt|tn|zz)[abceghj-prstw-z][abceghj-nprstw-z]"
              + " ?\\d{2} ?\\d{2} ?\\d{2} ?[a-d](?![\\p{L}\\p{N}])");

  private static final Pattern DNI =
      anyCase("(?<![\\p{L}\\p{N}])(?:\\d{8}|[xyz]-?\\d{7})[ -]?[a-z](?![\\p{L}\\p{N}])");

  private NumberDetectors() {}

  /** IBANs of a known country and its length with a right check sum, in groups or not. */
  static PiiDetector iban() {
    return where(
        text -> hasDigits(text, 8),
        text -> {
          List<PiiSpan> found = new ArrayList<>();
          Matcher start = IBAN_START.matcher(text);
          while (start.find()) {
            int end = ibanEnd(text, start.start());
            if (end > 0) {
              found.add(new PiiSpan(start.start(), end, PiiType.IBAN));
            }
          }
          return found;
        });
  }

  /** Card numbers of 12 (Maestro) to 19 digits with a right check digit. */
  static PiiDetector card() {
    return where(
        text -> hasDigits(text, 12),
        detector(
            PiiType.CARD,
            CARD_LIKE,
            number -> {
              String digits = Patterns.digits(number);
              return digits.length() >= 12 && Checksums.luhn(digits);
            }));
  }

  /** Identity, tax, licence and passport numbers: by form and check digit, or by name. */
  static PiiDetector nationalId() {
    return where(
        text -> hasDigits(text, 5),
        Patterns.all(
            List.of(
                detector(PiiType.NATIONAL_ID, SSN, any -> true),
                detector(PiiType.NATIONAL_ID, NAMED_ID, number -> hasDigits(number, 5)),
                detector(PiiType.NATIONAL_ID, NINO, any -> true),
                detector(PiiType.NATIONAL_ID, DNI, Checksums::dni),
                CheckedIds.detector())));
  }

  private static int ibanEnd(String text, int start) {
    Integer length = IBAN_LENGTHS.get(text.substring(start, start + 2).toUpperCase(Locale.ROOT));
    if (length == null) {
      return -1;
    }
    StringBuilder iban = new StringBuilder();
    int i = start;
    while (i < text.length() && iban.length() < length) {
      char c = text.charAt(i);
      boolean alphanumeric =
          Patterns.isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (alphanumeric) {
        iban.append(c);
      } else if (c != ' ' && c != '-') {
        return -1;
      }
      i++;
    }
    boolean bounded = i == text.length() || !Character.isLetterOrDigit(text.charAt(i));
    return bounded && iban.length() == length && Checksums.iban(iban.toString()) ? i : -1;
  }

  private static Map<String, Integer> lengths(String table) {
    Map<String, Integer> lengths = new HashMap<>();
    for (String entry : table.split(" ", -1)) {
      lengths.put(entry.substring(0, 2), Integer.valueOf(entry.substring(2)));
    }
    return Map.copyOf(lengths);
  }
}
