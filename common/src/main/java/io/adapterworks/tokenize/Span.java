package io.adapterworks.tokenize;

import java.io.Serializable;
import java.util.OptionalInt;

/**
 * The least and the greatest of some numbers, found once so that a check of all of them costs
 * nothing where it is repeated. Of no numbers at all every check holds.
 *
 * @param count how many there are
 */
record Span(int lowest, int highest, int count) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Of all {@code values} that are not {@code ignored}. */
  static Span of(int[] values, int ignored) {
    int lowest = Integer.MAX_VALUE;
    int highest = Integer.MIN_VALUE;
    int count = 0;
    for (int value : values) {
      if (value != ignored) {
        lowest = Math.min(lowest, value);
        highest = Math.max(highest, value);
        count++;
      }
    }
    return new Span(lowest, highest, count);
  }

  /** One that is not among 0 to {@code end - 1}. */
  OptionalInt outside(int end) {
    if (count == 0 || (lowest >= 0 && highest < end)) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(lowest < 0 ? lowest : highest);
  }
}
