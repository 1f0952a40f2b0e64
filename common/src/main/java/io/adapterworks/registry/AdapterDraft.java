package io.adapterworks.registry;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is known of an adapter before it has a version: everything that made it.
 *
 * @param metrics values by {@link io.adapterworks.evaluate.Metric#key}, measured on the test split
 */
public record AdapterDraft(
    String name,
    Task task,
    DatasetVersion dataset,
    Base base,
    Training training,
    Map<String, Double> metrics) {
  public AdapterDraft {
    AdapterNames.require("adapter name", name, ErrorCode.CONFIGURATION);
    metrics = Collections.unmodifiableSortedMap(new TreeMap<>(metrics));
  }

  /**
   * What the adapter is for.
   *
   * @param kind such as {@code classification}
   * @param labels in the order of the head's rows; empty where the task has none
   * @param pooling how token states become one vector, such as {@code mean}
   * @param maxTokens longer texts were cut here in training, and are when it answers
   */
  public record Task(String kind, List<String> labels, String pooling, int maxTokens) {
    public Task {
      Check.positive("task.maxTokens", maxTokens);
      Check.notBlank("task.kind", kind);
      labels = List.copyOf(labels);
    }
  }

  /** The Delta version of the table that it was trained on. */
  public record DatasetVersion(String table, long version) {}

  /** The frozen model beneath, and the digest of its weights. */
  public record Base(String location, String fingerprint) {}

  /**
   * How it was trained.
   *
   * @param dtype the number type of the base weights in training, such as {@code float32}
   * @param configHash SHA-256 of the whole configuration
   * @param runId the run that trained it
   */
  public record Training(
      String dtype, long seed, String configHash, String codeVersion, String runId) {}
}
