package io.adapterworks.registry;

import io.adapterworks.registry.AdapterDraft.Base;
import io.adapterworks.registry.AdapterDraft.DatasetVersion;
import io.adapterworks.registry.AdapterDraft.Task;
import io.adapterworks.registry.AdapterDraft.Training;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The file {@code manifest.json} of one adapter version: what it is and everything that made it.
 *
 * @param format the layout of this file, {@value #FORMAT}
 * @param version from 1, within the name
 * @param metrics values by {@link io.adapterworks.evaluate.Metric#key}
 * @param files the SHA-256 of every other file of the version, by name
 */
public record AdapterManifest(
    int format,
    String name,
    int version,
    Instant createdAt,
    Task task,
    DatasetVersion dataset,
    Base base,
    Training training,
    Map<String, Double> metrics,
    Map<String, String> files) {
  /** The layout that this code writes and reads. */
  public static final int FORMAT = 1;

  /** The file's name within the version's folder. */
  public static final String FILE = "manifest.json";

  public AdapterManifest {
    metrics = Collections.unmodifiableSortedMap(new TreeMap<>(metrics));
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
  }

  static AdapterManifest of(
      AdapterDraft draft, int version, Instant createdAt, Map<String, String> files) {
    return new AdapterManifest(
        FORMAT,
        draft.name(),
        version,
        createdAt,
        draft.task(),
        draft.dataset(),
        draft.base(),
        draft.training(),
        draft.metrics(),
        files);
  }

  /** NAME@VERSION. */
  public AdapterRef ref() {
    return AdapterRef.of(name, version);
  }

  /** Whether it was trained under this configuration on this dataset version. */
  public boolean trainedWith(String configHash, DatasetVersion trainingSet) {
    return training.configHash().equals(configHash) && dataset.equals(trainingSet);
  }

  boolean isSameAs(AdapterDraft draft, Map<String, String> draftFiles) {
    return trainedWith(draft.training().configHash(), draft.dataset())
        && base.equals(draft.base())
        && task.equals(draft.task())
        && files.equals(draftFiles);
  }
}
