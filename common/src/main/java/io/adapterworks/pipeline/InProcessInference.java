package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;

/** Models on engines of this process, one each. */
record InProcessInference() implements InferenceSite {
  @Override
  public Opened open(BaseModel base, LoraAdapter adapter, EngineSettings settings) {
    Engine engine = EngineFactory.open(settings);
    try {
      return new Opened(
          new BertPass(engine, base, adapter, ClassificationObjective.CROSS_ENTROPY),
          engine::close);
    } catch (RuntimeException failure) {
      engine.close();
      throw failure;
    }
  }

  @Override
  public void close() {}
}
