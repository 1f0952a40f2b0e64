package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.AdapterRegistry;
import io.adapterworks.serve.AdapterGenerator;
import io.adapterworks.serve.PromptFormat;
import java.nio.file.Path;

/** A registered generating adapter on its base model, ready to answer. */
public final class GenerationSession implements AutoCloseable {
  private final BaseModel base;
  private final Engine engine;
  private final LlamaPass pass;
  private final PromptFormat format;

  private GenerationSession(BaseModel base, Engine engine, LlamaPass pass, PromptFormat format) {
    this.base = base;
    this.engine = engine;
    this.pass = pass;
    this.format = format;
  }

  /** Whether a version generates text rather than labels. */
  public static boolean serves(AdapterManifest manifest) {
    return manifest.task().kind().equals(GenerationTraining.KIND);
  }

  /** Loads the version's files, its base model and an engine. */
  public static GenerationSession open(
      AdapterRegistry registry, AdapterManifest manifest, UseCase useCase) {
    BaseModel base = BaseModelReader.open(manifest.base().location());
    try {
      LoadedAdapter loaded = LoadedAdapter.of(registry, manifest, base);
      Engine engine = EngineFactory.open(AdapterSession.asTrained(manifest, useCase.engine()));
      return on(base, engine, loaded, useCase.generation().memory());
    } catch (RuntimeException failure) {
      base.close();
      throw failure;
    }
  }

  private static GenerationSession on(
      BaseModel base, Engine engine, LoadedAdapter loaded, PassOptions memory) {
    try {
      LlamaPass pass = new LlamaPass(engine, base, loaded.adapter(), memory);
      return new GenerationSession(base, engine, pass, loaded.format());
    } catch (RuntimeException failure) {
      engine.close();
      throw failure;
    }
  }

  /** The files of a version, read. */
  private record LoadedAdapter(LoraAdapter adapter, PromptFormat format) {
    static LoadedAdapter of(AdapterRegistry registry, AdapterManifest manifest, BaseModel base) {
      try (ScratchFolder scratch = ScratchFolder.make("adapter")) {
        Path folder = registry.localFolder(manifest, scratch.path());
        return new LoadedAdapter(PeftDirectory.read(folder, base), PromptFormat.read(folder));
      }
    }
  }

  /** Answers texts. */
  public AdapterGenerator generator(int promptsAtOnce) {
    return new AdapterGenerator(pass, base, format, promptsAtOnce);
  }

  BaseModel base() {
    return base;
  }

  LlamaPass pass() {
    return pass;
  }

  PromptFormat format() {
    return format;
  }

  @Override
  public void close() {
    pass.close();
    engine.close();
    base.close();
  }
}
