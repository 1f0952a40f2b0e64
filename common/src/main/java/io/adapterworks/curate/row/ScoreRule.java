package io.adapterworks.curate.row;

import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * A rule that scores a draft and asks the score to keep a limit.
 *
 * @param name the rule's name in {@code curated_rejects}
 * @param measure what the score is, in words
 * @param score the score itself
 * @param limit what it must keep
 */
public record ScoreRule(String name, String measure, ToDoubleFunction<Draft> score, Limit limit) {
  Optional<Rejection> judge(double value) {
    if (limit.passes(value)) {
      return Optional.empty();
    }
    String reason =
        String.format(Locale.ROOT, "%s is %s; expected %s", measure, rounded(value), limit);
    return Optional.of(new Rejection(name, value, limit.threshold(), reason));
  }

  private static String rounded(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.3f", value);
  }
}
