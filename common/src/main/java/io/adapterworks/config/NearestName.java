package io.adapterworks.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToIntFunction;

/** Finds the name a person probably meant, by the fewest single-character edits (Levenshtein). */
public final class NearestName {
  private NearestName() {}

  /**
   * The candidate nearest to {@code written}, the first in order where several are; none where even
   * that takes more edits than half of what was written.
   */
  public static Optional<String> to(String written, Collection<String> candidates) {
    String lower = written.toLowerCase(Locale.ROOT);
    ToIntFunction<String> distance = name -> edits(lower, name.toLowerCase(Locale.ROOT));
    return candidates.stream()
        .min(Comparator.comparingInt(distance).thenComparing(Comparator.naturalOrder()))
        .filter(name -> 2 * distance.applyAsInt(name) <= written.length());
  }

  /**
   * The end of a sentence about a name that is unknown: {@code ; did you mean lora.rank?}, or a
   * full stop where no candidate is near.
   *
   * @param prefix what stands before the names, for example {@code lora.}
   */
  public static String question(String prefix, String written, Collection<String> candidates) {
    return to(written, candidates).map(name -> "; did you mean " + prefix + name + "?").orElse(".");
  }

  private static int edits(String from, String to) {
    int[] previous = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] current = new int[to.length() + 1];
      current[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int substitution = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(substitution, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[to.length()];
  }
}
