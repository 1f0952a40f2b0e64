package io.adapterworks.table;

import io.adapterworks.error.Check;
import java.util.HashMap;
import java.util.Map;

/**
 * How a job opens Spark.
 *
 * @param master where Spark runs; a {@code spark.master} that spark-submit gave wins over it
 * @param shufflePartitions how many partitions a shuffle makes before Spark joins small ones
 * @param settings further Spark settings, by Spark's own names
 */
public record SparkConfig(String master, int shufflePartitions, Map<String, String> settings) {
  public SparkConfig {
    Check.notBlank("spark.master", master);
    Check.positive("spark.shufflePartitions", shufflePartitions);
    settings = Map.copyOf(settings);
  }

  /** The same with settings beneath these. */
  public SparkConfig over(Map<String, String> defaults) {
    Map<String, String> all = new HashMap<>(defaults);
    all.putAll(settings);
    return new SparkConfig(master, shufflePartitions, all);
  }

  /** Whether Spark runs in this process, also after what spark-submit said. */
  public boolean isEmbedded() {
    return System.getProperty("spark.master", master).startsWith("local");
  }

  /** Everything in this process, on all its cores. */
  public static SparkConfig embedded() {
    return new SparkConfig("local[*]", 16, Map.of());
  }
}
