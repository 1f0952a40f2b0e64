package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineInfo;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.pass.PassOptions;
import io.adapterworks.pass.SequenceClassifier;
import io.adapterworks.serve.TextEncoder;
import io.adapterworks.train.Trainer;
import io.adapterworks.train.TrainingData;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingResult;
import io.adapterworks.train.TrainingState;
import java.util.List;

/**
 * Training on one engine of this process.
 *
 * @param engineHere the caller's to close
 * @param base the caller's to close
 */
record InProcessSite(Engine engineHere, BaseModel base, ClassifierTraining.Recipe recipe, long seed)
    implements TrainingSite {
  @Override
  public EngineInfo engine() {
    return engineHere.info();
  }

  @Override
  public String arithmetic() {
    return "";
  }

  @Override
  public List<int[]> encode(List<String> texts) {
    TextEncoder encoder = new TextEncoder(base.tokenizer(), recipe.base().maxTokens());
    return texts.stream().map(encoder::encode).toList();
  }

  @Override
  public SequenceClassifier classifier(LoraAdapter adapter) {
    return new BertPass(
        engineHere, base, adapter, recipe.training().objective(), recipe.base().dropout());
  }

  @Override
  public LlamaPass decoder(LoraAdapter adapter, PassOptions memory) {
    return new LlamaPass(engineHere, base, adapter, memory);
  }

  @Override
  public TrainingResult train(
      SequenceClassifier classifier,
      TrainingData data,
      TrainingState from,
      TrainingObserver observer) {
    return new Trainer(classifier, recipe.training(), seed, observer).train(data, from);
  }

  @Override
  public void close() {}
}
