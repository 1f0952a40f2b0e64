package io.adapterworks.curate;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.Serializable;

/**
 * Shares of the clusters that go to validation and test; the rest is for training.
 *
 * @param seed another seed deals the clusters anew
 */
public record SplitConfig(double validation, double test, long seed) implements Serializable {
  public SplitConfig {
    Check.inRange("curation.split.validation", validation, 0, 1);
    Check.inRange("curation.split.test", test, 0, 1);
    Check.that(
        validation + test < 1,
        ErrorCode.CONFIGURATION,
        "curation.split.validation=%s and curation.split.test=%s leave nothing to train on;"
            + " expected a sum below 1",
        validation,
        test);
  }
}
