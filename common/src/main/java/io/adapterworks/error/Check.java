package io.adapterworks.error;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;

/**
 * Checks that fail with a whole message: what is wrong, what was expected, how to mend it. A check
 * on a configuration key names the key as it is written in the configuration file.
 */
public final class Check {
  private Check() {}

  /** Fails with {@code code} and the formatted message unless {@code condition} holds. */
  @FormatMethod
  public static void that(
      boolean condition, ErrorCode code, @FormatString String message, Object... arguments) {
    if (!condition) {
      throw failure(code, message, arguments);
    }
  }

  /** The exception itself, for places that must throw in an expression. */
  @FormatMethod
  public static AdapterworksException failure(
      ErrorCode code, @FormatString String message, Object... arguments) {
    return new AdapterworksException(code, String.format(Locale.ROOT, message, arguments));
  }

  /** {@code key} must be at least 1. */
  public static void positive(String key, long value) {
    that(value > 0, ErrorCode.CONFIGURATION, "%s=%d; expected 1 or more", key, value);
  }

  /** {@code key} must lie in {@code [from, to]}. */
  public static void inRange(String key, double value, double from, double to) {
    that(
        value >= from && value <= to,
        ErrorCode.CONFIGURATION,
        "%s=%s; expected %s to %s",
        key,
        value,
        from,
        to);
  }

  /** {@code key} must hold text. */
  public static void notBlank(String key, String value) {
    that(
        value != null && !value.isBlank(),
        ErrorCode.CONFIGURATION,
        "%s is empty; expected a value",
        key);
  }
}
