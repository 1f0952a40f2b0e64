package io.adapterworks.curate.pii;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Detectors that are a pattern, or a pattern and a check of what it matched. */
final class Patterns {
  private Patterns() {}

  static Pattern anyCase(String regex) {
    return Pattern.compile(regex, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
  }

  /** What {@code pattern} matches and {@code check} accepts; group 1 where the pattern has one. */
  static PiiDetector detector(PiiType type, Pattern pattern, Predicate<String> check) {
    return text -> {
      List<PiiSpan> found = new ArrayList<>();
      Matcher matcher = pattern.matcher(text);
      while (matcher.find()) {
        int group = matcher.groupCount() > 0 && matcher.group(1) != null ? 1 : 0;
        if (check.test(matcher.group(group))) {
          found.add(new PiiSpan(matcher.start(group), matcher.end(group), type));
        }
      }
      return found;
    };
  }

  /** Like {@code detector}, but looks only where {@code hint} occurs: patterns are slow. */
  static PiiDetector where(Predicate<String> hint, PiiDetector detector) {
    return text -> hint.test(text) ? detector.find(text) : List.of();
  }

  /** All detectors, one after the other. */
  static PiiDetector all(List<PiiDetector> detectors) {
    List<PiiDetector> fixed = List.copyOf(detectors);
    return text -> {
      List<PiiSpan> found = new ArrayList<>();
      for (PiiDetector detector : fixed) {
        found.addAll(detector.find(text));
      }
      return found;
    };
  }

  static boolean hasDigits(String text, int atLeast) {
    int digits = 0;
    for (int i = 0; i < text.length() && digits < atLeast; i++) {
      digits += isDigit(text.charAt(i)) ? 1 : 0;
    }
    return digits >= atLeast;
  }

  static String digits(String text) {
    StringBuilder digits = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (isDigit(text.charAt(i))) {
        digits.append(text.charAt(i));
      }
    }
    return digits.toString();
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
