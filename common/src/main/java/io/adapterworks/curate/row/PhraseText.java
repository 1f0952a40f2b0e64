package io.adapterworks.curate.row;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text in lower case that many patterns are looked for in, each where a word begins: a pattern
 * that is tried at every character of a message takes several times as long.
 */
final class PhraseText {
  private final String text;
  private final int[] starts;

  PhraseText(String original) {
    // Patterns that ignore case themselves take longer.
    this.text = original.toLowerCase(Locale.ROOT);
    this.starts = starts(text);
  }

  /** Whether {@code phrases}, in lower case, matches from the beginning of any word on. */
  boolean has(Pattern phrases) {
    Matcher matcher = phrases.matcher(text).useTransparentBounds(true);
    for (int start : starts) {
      if (matcher.region(start, text.length()).lookingAt()) {
        return true;
      }
    }
    return false;
  }

  private static int[] starts(String text) {
    int[] starts = new int[text.length() / 2 + 1];
    int count = 0;
    boolean inWord = false;
    for (int i = 0; i < text.length(); i++) {
      boolean word = Character.isLetterOrDigit(text.charAt(i)) || text.charAt(i) == '_';
      if (word && !inWord) {
        starts[count++] = i;
      }
      inWord = word;
    }
    return Arrays.copyOf(starts, count);
  }
}
