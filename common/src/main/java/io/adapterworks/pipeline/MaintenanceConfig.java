package io.adapterworks.pipeline;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.time.Duration;

/**
 * How tables are kept.
 *
 * @param retention how far back every version of every table stays readable
 */
public record MaintenanceConfig(Duration retention) {
  private static final Duration LEAST = Duration.ofDays(1);

  public MaintenanceConfig {
    Check.that(
        retention.compareTo(LEAST) >= 0,
        ErrorCode.CONFIGURATION,
        "maintenance.retention=%s; expected 1 day or more: a job that runs longer than the"
            + " retention would lose files under its hands",
        retention);
  }
}
