package io.adapterworks.table;

import java.time.Instant;
import java.util.Map;

/** One entry of a table's history; {@code metrics} are Delta's, as it names them. */
public record Commit(
    long version, Instant timestamp, String operation, Map<String, String> metrics) {
  public Commit {
    metrics = Map.copyOf(metrics);
  }
}
