package io.adapterworks.cluster;

import java.util.Map;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Gives every executor process its {@link ExecutorDevices}, for as long as it lives. Sessions that
 * train on executors name this class in {@code spark.plugins}.
 */
public final class DevicePlugin implements SparkPlugin {
  /** Nothing: the driver owns no device. */
  @Override
  public DriverPlugin driverPlugin() {
    return new DriverPlugin() {};
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorDevices();
  }

  /** The settings that a session needs besides its master; others may be laid over them. */
  public static Map<String, String> settings() {
    return Map.ofEntries(
        Map.entry("spark.plugins", DevicePlugin.class.getName()),
        // Shares are sent with their tasks: no executor is nearer to the data than another.
        Map.entry("spark.locality.wait", "0s"),
        // Parameters are the most of what is sent, and floats do not compress.
        Map.entry("spark.broadcast.compress", "false"),
        // A gradient comes back with its task's end instead of being fetched after it.
        Map.entry("spark.task.maxDirectResultSize", "64m"),
        // A share that takes thrice as long as the others is computed elsewhere as well.
        Map.entry("spark.speculation", "true"),
        Map.entry("spark.speculation.quantile", "0.5"),
        Map.entry("spark.speculation.minTaskRuntime", "2s"),
        Map.entry("spark.task.maxFailures", "8"),
        Map.entry("spark.executorEnv.OMP_NUM_THREADS", "1"),
        Map.entry("spark.executorEnv.OMP_WAIT_POLICY", "passive"));
  }
}
