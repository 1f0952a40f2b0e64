package io.adapterworks.pass;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tokenize.LabelScope;
import io.adapterworks.tokenize.TokenBatch;
import java.util.OptionalInt;

/** What a loss expects of a batch's labels. */
final class Labels {
  private Labels() {}

  /**
   * Labels are for what {@code scope} says, at least one is scored, and the scored ones are 0 to
   * {@code count - 1}.
   */
  static void require(TokenBatch tokens, LabelScope scope, int count) {
    Check.that(
        tokens.scope() == scope && tokens.scored() > 0,
        ErrorCode.INPUT,
        "a batch without scored labels has no loss; expected a label for each %s",
        scope == LabelScope.TOKEN ? "token" : "sequence");
    OptionalInt wrong = tokens.labelOutside(count);
    Check.that(
        wrong.isEmpty(),
        ErrorCode.INPUT,
        "label %d; expected %s, 0 to %d",
        wrong.orElse(0),
        scope == LabelScope.TOKEN ? "a token id" : "a class",
        count - 1);
  }
}
