package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.curate.embedding.TextEmbedder;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.serve.PooledEmbedder;
import io.adapterworks.serve.TextEncoder;
import java.util.List;

/**
 * The base model without any adapter, as what turns texts into vectors. It is put on a device at
 * the first text: a run whose texts were all embedded before needs none.
 */
public final class BaseEmbedder implements TextEmbedder, AutoCloseable {
  /** The head is not asked, but the pass has one. */
  private static final List<String> ANY_LABELS = List.of("0", "1");

  private final ClassifierTraining.Recipe recipe;
  private final EngineSettings settings;
  private final BaseModel base;
  private final InferenceSite site;
  private InferenceSite.Opened model;

  /** On an engine of this process. */
  public BaseEmbedder(ClassifierTraining.Recipe recipe, EngineSettings settings) {
    this(recipe, settings, new InProcessInference());
  }

  /**
   * At {@code site}.
   *
   * @param site the caller's to close
   */
  BaseEmbedder(ClassifierTraining.Recipe recipe, EngineSettings settings, InferenceSite site) {
    this.site = site;
    this.recipe = recipe;
    this.settings = settings;
    this.base = BaseModelReader.open(recipe.base().model());
  }

  @Override
  public String model() {
    return base.fingerprint()
        + " "
        + ConfigReader.spelled(recipe.base().pooling())
        + " "
        + recipe.base().maxTokens();
  }

  @Override
  public float[][] embed(List<String> texts) {
    if (model == null) {
      LoraAdapter untrained = ClassifierTraining.initial(base, recipe, ANY_LABELS, 0);
      model = site.open(base, untrained, settings);
    }
    return new PooledEmbedder(
            model.pass(), new TextEncoder(base.tokenizer(), recipe.base().maxTokens()))
        .embed(texts);
  }

  @Override
  public void close() {
    if (model != null) {
      model.close();
    }
    base.close();
  }
}
