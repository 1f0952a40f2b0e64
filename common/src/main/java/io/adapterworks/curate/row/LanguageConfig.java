package io.adapterworks.curate.row;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;

/**
 * Which language messages are in.
 *
 * @param expected its ISO 639-1 code, such as {@code en}; {@code any} switches the check off
 * @param threshold how sure, 0 to 1, the check must be that a text is in that language
 */
public record LanguageConfig(String expected, double threshold) implements Serializable {
  public LanguageConfig {
    Check.notBlank("curation.language.expected", expected);
    String code = expected;
    Check.that(
        code.equals("any") || Arrays.asList(Locale.getISOLanguages()).contains(code),
        ErrorCode.CONFIGURATION,
        "curation.language.expected=%s; expected a two-letter code such as en, or any",
        expected);
    Check.inRange("curation.language.threshold", threshold, 0, 1);
  }
}
