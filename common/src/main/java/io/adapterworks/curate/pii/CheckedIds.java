package io.adapterworks.curate.pii;

import static io.adapterworks.curate.pii.Patterns.anyCase;

import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Identity numbers of persons that carry a check digit, of countries where the form and the check
 * together leave chance little room.
 */
final class CheckedIds {
  private static final String BIRTH = "\\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])";

  /** Odd places of Italy's code: values of 0 to 9, then of A to Z (decree of 12 March 1974). */
  private static final int[] ITALIAN_ODD = {
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8,
    12, 14, 16, 10, 22, 25, 24, 23
  };

  private CheckedIds() {}

  static PiiDetector detector() {
    return Patterns.all(
        List.of(
            of("[a-z]{6}\\d{2}[abcdehlmprst]\\d{2}[a-z]\\d{3}[a-z]", CheckedIds::isItalian),
            of(
                "[12] ?\\d{2} ?(?:0[1-9]|1[0-2]) ?\\d{2} ?\\d{3} ?\\d{3} ?\\d{2}",
                CheckedIds::isFrench),
            of("\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}", CheckedIds::isBrazilian),
            of("(?:19|20)?" + BIRTH + "[-+]\\d{4}", CheckedIds::isSwedish),
            of(
                "(?:0[1-9]|[12]\\d|3[01])(?:0[1-9]|1[0-2])\\d{2}[-+A]\\d{3}[0-9A-Y]",
                CheckedIds::isFinnish),
            of("\\d{2}(?:[02][1-9]|[13][0-2])(?:0[1-9]|[12]\\d|3[01])\\d{5}", CheckedIds::isPolish),
            of("\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}\\.\\d{2}", CheckedIds::isBelgian),
            of("[2-9]\\d{3} \\d{4} \\d{4}", CheckedIds::isIndian)));
  }

  private static PiiDetector of(String form, Predicate<String> check) {
    Pattern pattern = anyCase("(?<![\\p{L}\\p{N}.-])(?:" + form + ")(?![\\p{L}\\p{N}]|[.-]\\d)");
    return Patterns.detector(PiiType.NATIONAL_ID, pattern, check);
  }

  private static int digit(String text, int at) {
    return text.charAt(at) - '0';
  }

  /** The sum of digits, each times its weight. */
  private static int weighted(String digits, int... weights) {
    return IntStream.range(0, weights.length).map(i -> weights[i] * digit(digits, i)).sum();
  }

  private static boolean isItalian(String id) {
    String code = id.toUpperCase(Locale.ROOT);
    int sum = 0;
    for (int i = 0; i < 15; i++) {
      int value = Character.digit(code.charAt(i), 36);
      sum +=
          i % 2 == 0 ? ITALIAN_ODD[value] : Character.isDigit(code.charAt(i)) ? value : value - 10;
    }
    return code.charAt(15) == 'A' + sum % 26;
  }

  private static boolean isFrench(String id) {
    String digits = Patterns.digits(id);
    long number = Long.parseLong(digits.substring(0, 13));
    return 97 - number % 97 == Long.parseLong(digits.substring(13));
  }

  private static boolean isBrazilian(String id) {
    String digits = Patterns.digits(id);
    int first = weighted(digits, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10;
    int second = weighted(digits, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10;
    return digit(digits, 9) == first && digit(digits, 10) == second;
  }

  private static boolean isSwedish(String id) {
    String digits = Patterns.digits(id);
    return Checksums.luhn(digits.substring(digits.length() - 10));
  }

  private static boolean isFinnish(String id) {
    int number = Integer.parseInt(id.substring(0, 6) + id.substring(7, 10));
    char check = Character.toUpperCase(id.charAt(10));
    return "0123456789ABCDEFHJKLMNPRSTUVWXY".charAt(number % 31) == check;
  }

  private static boolean isPolish(String id) {
    int sum = weighted(id, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3);
    return digit(id, 10) == (10 - sum % 10) % 10;
  }

  private static boolean isBelgian(String id) {
    String digits = Patterns.digits(id);
    long number = Long.parseLong(digits.substring(0, 9));
    long check = Long.parseLong(digits.substring(9));
    boolean bornBefore2000 = 97 - number % 97 == check;
    return bornBefore2000 || 97 - (2_000_000_000L + number) % 97 == check;
  }

  /** Verhoeff's scheme (1969), over the dihedral group of order 10. */
  private static boolean isIndian(String id) {
    String digits = Patterns.digits(id);
    int check = 0;
    for (int i = 0; i < digits.length(); i++) {
      int value = digit(digits, digits.length() - 1 - i);
      for (int turn = 0; turn < i % 8; turn++) {
        value = "1576283094".charAt(value) - '0';
      }
      check = product(check, value);
    }
    return check == 0;
  }

  private static int product(int a, int b) {
    if (a < 5) {
      return b < 5 ? (a + b) % 5 : 5 + (a + b) % 5;
    }
    return b < 5 ? 5 + (a - b) % 5 : (a - b + 5) % 5;
  }
}
