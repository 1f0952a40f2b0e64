package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.evaluate.Classifier;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.AdapterRegistry;
import io.adapterworks.serve.AdapterClassifier;
import io.adapterworks.serve.TextEncoder;
import java.util.Arrays;

/**
 * A registered adapter on its base model, ready to answer, in the number type that it was trained
 * in.
 */
public final class AdapterSession implements AutoCloseable {
  private final AdapterManifest manifest;
  private final BaseModel base;
  private final InferenceSite.Opened model;

  private AdapterSession(
      AdapterRegistry registry,
      AdapterManifest manifest,
      EngineSettings settings,
      InferenceSite site) {
    this.manifest = manifest;
    this.base = BaseModelReader.open(manifest.base().location());
    try {
      this.model =
          site.open(base, adapter(registry, manifest, base), asTrained(manifest, settings));
    } catch (RuntimeException failure) {
      base.close();
      throw failure;
    }
  }

  /** Loads the version's files, its base model and an engine of this process. */
  public static AdapterSession open(
      AdapterRegistry registry, AdapterManifest manifest, EngineSettings settings) {
    return new AdapterSession(registry, manifest, settings, new InProcessInference());
  }

  /** Loads the version's files and its base model, to answer at {@code site}. */
  static AdapterSession open(
      AdapterRegistry registry,
      AdapterManifest manifest,
      EngineSettings settings,
      InferenceSite site) {
    return new AdapterSession(registry, manifest, settings, site);
  }

  private static LoraAdapter adapter(
      AdapterRegistry registry, AdapterManifest manifest, BaseModel base) {
    try (ScratchFolder scratch = ScratchFolder.make("adapter")) {
      return PeftDirectory.read(registry.localFolder(manifest, scratch.path()), base);
    }
  }

  /** The settings with the number type that the version was trained in. */
  static EngineSettings asTrained(AdapterManifest manifest, EngineSettings settings) {
    return new EngineSettings(settings.device(), trainedIn(manifest), settings.threads());
  }

  private static ComputeType trainedIn(AdapterManifest manifest) {
    String dtype = manifest.training().dtype();
    return Arrays.stream(ComputeType.values())
        .filter(type -> ConfigReader.spelled(type).equals(dtype))
        .findFirst()
        .orElse(ComputeType.AUTO);
  }

  /** Gives texts the adapter's labels. */
  public Classifier classifier() {
    TextEncoder encoder = new TextEncoder(base.tokenizer(), manifest.task().maxTokens());
    return new AdapterClassifier(model.pass(), encoder, manifest.task().labels());
  }

  public AdapterManifest manifest() {
    return manifest;
  }

  @Override
  public void close() {
    model.close();
    base.close();
  }
}
