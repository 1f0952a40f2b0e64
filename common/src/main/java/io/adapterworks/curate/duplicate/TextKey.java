package io.adapterworks.curate.duplicate;

import java.text.Normalizer;
import java.util.Locale;

/**
 * What two texts must share to be exact duplicates: their letters and digits in compatibility form
 * (NFKC) and lower case, words parted by one blank, apostrophes gone. Text without letters and
 * digits is its own key.
 */
public final class TextKey {
  private TextKey() {}

  public static String of(String text, String response) {
    String key = plain(text);
    return response == null ? key : key + "\n" + plain(response);
  }

  private static String plain(String text) {
    String folded =
        Normalizer.isNormalized(text, Normalizer.Form.NFKC)
            ? text
            : Normalizer.normalize(text, Normalizer.Form.NFKC);
    String lower = folded.toLowerCase(Locale.ROOT);
    StringBuilder key = new StringBuilder(lower.length());
    boolean gap = false;
    for (int i = 0; i < lower.length(); i++) {
      char c = lower.charAt(i);
      if (Character.isLetterOrDigit(c) || Character.isSurrogate(c) || isMark(c)) {
        if (gap && key.length() > 0) {
          key.append(' ');
        }
        key.append(c);
        gap = false;
      } else if (c != '\'' && c != '’') {
        gap = true;
      }
    }
    return key.length() == 0 ? lower : key.toString();
  }

  private static boolean isMark(char c) {
    int type = Character.getType(c);
    return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
  }
}
