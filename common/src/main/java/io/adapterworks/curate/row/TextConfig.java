package io.adapterworks.curate.row;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.Serializable;

/**
 * What a text must look like.
 *
 * @param minLetters letters and digits that a text needs
 * @param maxCharacters characters that a text may have
 * @param maxSymbolRatio share of characters that are neither letter, digit nor blank
 * @param maxRepetition share of the words that repeat the word before, or of the characters in runs
 *     of five or more
 * @param maxBoilerplate share of characters in sentences that mail programs and help desks add
 */
public record TextConfig(
    int minLetters,
    int maxCharacters,
    double maxSymbolRatio,
    double maxRepetition,
    double maxBoilerplate)
    implements Serializable {
  public TextConfig {
    Check.positive("curation.text.minLetters", minLetters);
    Check.that(
        maxCharacters >= minLetters,
        ErrorCode.CONFIGURATION,
        "curation.text.maxCharacters=%d; expected at least curation.text.minLetters=%d",
        maxCharacters,
        minLetters);
    Check.inRange("curation.text.maxSymbolRatio", maxSymbolRatio, 0, 1);
    Check.inRange("curation.text.maxRepetition", maxRepetition, 0, 1);
    Check.inRange("curation.text.maxBoilerplate", maxBoilerplate, 0, 1);
  }
}
