package io.adapterworks.curate.row;

import io.adapterworks.error.Check;
import java.io.Serializable;

/**
 * What the answer of an instruction must look like. Messages without an answer are not concerned.
 *
 * @param minLetters letters and digits that an answer needs
 * @param maxRepetition share of an answer that may lie in phrases it has said before
 * @param maxRefusal how much an answer may consist of refusals and boilerplate of assistants
 * @param maxTruncation how sure, 0 to 1, it may be that an answer was cut off
 */
public record AnswerConfig(
    int minLetters, double maxRepetition, double maxRefusal, double maxTruncation)
    implements Serializable {
  public AnswerConfig {
    Check.positive("curation.answer.minLetters", minLetters);
    Check.inRange("curation.answer.maxRepetition", maxRepetition, 0, 1);
    Check.inRange("curation.answer.maxRefusal", maxRefusal, 0, 1);
    Check.inRange("curation.answer.maxTruncation", maxTruncation, 0, 1);
  }
}
