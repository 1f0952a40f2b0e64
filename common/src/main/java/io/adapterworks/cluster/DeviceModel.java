package io.adapterworks.cluster;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BertConfig;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.pass.SequenceClassifier;
import io.adapterworks.pass.TrainablePass;
import io.adapterworks.train.PassSteps;

/**
 * A base model with an adapter on one device of an executor: loaded once, used round after round.
 */
final class DeviceModel implements AutoCloseable {
  private final ModelSpec spec;
  private final Engine engine;
  private final TrainablePass pass;
  private final PassSteps steps;

  /** Takes over the engine: closing this closes it. */
  DeviceModel(ModelSpec spec, Engine engine, BaseModel base) {
    this.spec = spec;
    this.engine = engine;
    LoraAdapter adapter =
        LoraAdapter.initialise(base, spec.lora().config(), spec.head(), spec.seed());
    this.pass =
        base.config() instanceof BertConfig
            ? new BertPass(engine, base, adapter, spec.training().objective(), spec.dropout())
            : new LlamaPass(engine, base, adapter, PassOptions.DEFAULT);
    this.steps = new PassSteps(pass, spec.training());
  }

  ModelSpec spec() {
    return spec;
  }

  Engine engine() {
    return engine;
  }

  TrainablePass pass() {
    return pass;
  }

  SequenceClassifier classifier() {
    if (pass instanceof SequenceClassifier classifier) {
      return classifier;
    }
    throw new AdapterworksException(
        ErrorCode.MODEL, spec.base() + " generates text; it has no class scores to give");
  }

  /** Optimizer steps on the pass, for rounds of several. */
  PassSteps steps() {
    return steps;
  }

  @Override
  public void close() {
    pass.close();
    engine.close();
  }
}
