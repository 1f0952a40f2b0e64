package io.adapterworks.cluster;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.time.Duration;

/**
 * How training uses Spark's executors, where Spark is not embedded in the job; the section {@code
 * cluster}.
 *
 * @param devices that share each batch, one task each; 0 for as many executors as there are when
 *     training starts
 * @param mode how they share the work
 * @param averagingSteps optimizer steps between two averages
 * @param patience how long to wait for a cluster that is busy
 */
public record ClusterConfig(int devices, Mode mode, int averagingSteps, Duration patience) {
  /** How several devices train one adapter. */
  public enum Mode {
    /** Every optimizer step is over one whole batch: the mathematics of one device. */
    SYNCHRONOUS,
    /** Each device steps by itself over its share of the batches, and the results are averaged. */
    AVERAGING
  }

  public ClusterConfig {
    Check.inRange("cluster.devices", devices, 0, 4096);
    Check.positive("cluster.averagingSteps", averagingSteps);
    Check.that(
        !patience.isNegative() && !patience.isZero(),
        ErrorCode.CONFIGURATION,
        "cluster.patience=%s; expected some time, for example 10 minutes",
        patience);
  }
}
