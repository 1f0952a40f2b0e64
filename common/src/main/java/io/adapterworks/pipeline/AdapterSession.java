package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.evaluate.Classifier;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;
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
  private final Engine engine;
  private final BertPass pass;

  private AdapterSession(
      AdapterRegistry registry, AdapterManifest manifest, EngineSettings settings) {
    this.manifest = manifest;
    this.base = BaseModelReader.open(manifest.base().location());
    Engine opened = null;
    try {
      LoraAdapter adapter = adapter(registry, manifest, base);
      opened =
          EngineFactory.open(
              new EngineSettings(settings.device(), trainedIn(manifest), settings.threads()));
      this.pass = new BertPass(opened, base, adapter, ClassificationObjective.CROSS_ENTROPY);
    } catch (RuntimeException failure) {
      if (opened != null) {
        opened.close();
      }
      base.close();
      throw failure;
    }
    this.engine = opened;
  }

  /** Loads the version's files, its base model and an engine. */
  public static AdapterSession open(
      AdapterRegistry registry, AdapterManifest manifest, EngineSettings settings) {
    return new AdapterSession(registry, manifest, settings);
  }

  private static LoraAdapter adapter(
      AdapterRegistry registry, AdapterManifest manifest, BaseModel base) {
    try (ScratchFolder scratch = ScratchFolder.make("adapter")) {
      return PeftDirectory.read(registry.localFolder(manifest, scratch.path()), base);
    }
  }

  static ComputeType trainedIn(AdapterManifest manifest) {
    String dtype = manifest.training().dtype();
    return Arrays.stream(ComputeType.values())
        .filter(type -> ConfigReader.spelled(type).equals(dtype))
        .findFirst()
        .orElse(ComputeType.AUTO);
  }

  /** Gives texts the adapter's labels. */
  public Classifier classifier() {
    TextEncoder encoder = new TextEncoder(base.tokenizer(), manifest.task().maxTokens());
    return new AdapterClassifier(pass, encoder, manifest.task().labels());
  }

  public AdapterManifest manifest() {
    return manifest;
  }

  @Override
  public void close() {
    pass.close();
    engine.close();
    base.close();
  }
}
