package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.Classifier;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.AdapterRegistry;
import io.adapterworks.serve.AdapterClassifier;
import io.adapterworks.serve.TextEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  private AdapterSession(AdapterManifest manifest, BaseModel base, Engine engine, BertPass pass) {
    this.manifest = manifest;
    this.base = base;
    this.engine = engine;
    this.pass = pass;
  }

  /** Loads the version's files, its base model and an engine. */
  public static AdapterSession open(
      AdapterRegistry registry, AdapterManifest manifest, EngineSettings settings) {
    BaseModel base = BaseModelReader.open(manifest.base().location());
    LoraAdapter adapter = PeftDirectory.read(registry.localFolder(manifest, scratch()), base);
    Engine engine =
        EngineFactory.open(
            new EngineSettings(settings.device(), trainedIn(manifest), settings.threads()));
    return new AdapterSession(
        manifest,
        base,
        engine,
        new BertPass(engine, base, adapter, ClassificationObjective.CROSS_ENTROPY));
  }

  private static ComputeType trainedIn(AdapterManifest manifest) {
    String dtype = manifest.training().dtype();
    return Arrays.stream(ComputeType.values())
        .filter(type -> ConfigReader.spelled(type).equals(dtype))
        .findFirst()
        .orElse(ComputeType.AUTO);
  }

  private static Path scratch() {
    try {
      Path folder = Files.createTempDirectory("adapterworks-adapter");
      folder.toFile().deleteOnExit();
      return folder;
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.STORAGE, "no temporary folder can be made: " + e.getMessage(), e);
    }
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
