package io.adapterworks.curate;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.time.Duration;

/**
 * How the nightly run takes its files.
 *
 * @param settle a file that was written to within this time before the run may be growing still and
 *     is left for the next night
 * @param dataset whether the night also makes a dataset of what it curated
 */
public record NightlyConfig(Duration settle, boolean dataset) {
  public NightlyConfig {
    Check.that(
        !settle.isNegative(),
        ErrorCode.CONFIGURATION,
        "nightly.settle=%s; expected zero or more",
        settle);
  }
}
