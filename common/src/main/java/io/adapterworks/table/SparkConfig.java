package io.adapterworks.table;

import io.adapterworks.error.Check;
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

  /** Everything in this process, on all its cores. */
  public static SparkConfig embedded() {
    return new SparkConfig("local[*]", 16, Map.of());
  }
}
