package io.adapterworks.pipeline;

import io.adapterworks.config.ConfigReader;
import io.adapterworks.curate.embedding.TextEmbedder;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;
import io.adapterworks.serve.PooledEmbedder;
import io.adapterworks.serve.TextEncoder;
import java.util.List;

/**
 * The base model without any adapter, as what turns texts into vectors. An engine is opened at the
 * first text: a run whose texts were all embedded before needs none.
 */
public final class BaseEmbedder implements TextEmbedder, AutoCloseable {
  /** The head is not asked, but the pass has one. */
  private static final List<String> ANY_LABELS = List.of("0", "1");

  private final ClassifierTraining.Recipe recipe;
  private final EngineSettings settings;
  private final BaseModel base;
  private Engine engine;
  private BertPass pass;

  public BaseEmbedder(ClassifierTraining.Recipe recipe, EngineSettings settings) {
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
    if (pass == null) {
      engine = EngineFactory.open(settings);
      pass =
          new BertPass(
              engine,
              base,
              new ClassifierTraining(engine, base, recipe, 0).initial(ANY_LABELS),
              ClassificationObjective.CROSS_ENTROPY);
    }
    return new PooledEmbedder(pass, new TextEncoder(base.tokenizer(), recipe.base().maxTokens()))
        .embed(texts);
  }

  @Override
  public void close() {
    if (pass != null) {
      pass.close();
      engine.close();
    }
    base.close();
  }
}
