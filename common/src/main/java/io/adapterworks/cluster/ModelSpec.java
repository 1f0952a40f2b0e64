package io.adapterworks.cluster;

import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.pass.EncoderDropout;
import io.adapterworks.train.TrainingConfig;
import java.io.Serializable;
import java.util.Optional;

/**
 * What an executor needs to build the model that is trained; its weights come from the shared file
 * system, its trained parameters with each round.
 *
 * @param base where the base model lies, the same on every machine
 * @param fingerprint of the base that the driver opened; an executor that finds another refuses
 * @param labels of the head, 0 for none
 * @param pooling of the head, null for none
 * @param dropout of the base while training, where it is an encoder
 * @param seed of the initial adapter
 */
public record ModelSpec(
    String base,
    String fingerprint,
    EngineSettings engine,
    PortableLora lora,
    int labels,
    Head.Pooling pooling,
    TrainingConfig training,
    EncoderDropout dropout,
    long seed)
    implements Serializable {
  /** How to train which model, whatever the data. */
  public record Recipe(
      EngineSettings engine, LoraConfig lora, TrainingConfig training, EncoderDropout dropout) {}

  /** The model that {@code base} becomes under a recipe. */
  public static ModelSpec of(BaseModel base, Recipe recipe, Optional<Head> head, long seed) {
    return new ModelSpec(
        base.location(),
        base.fingerprint(),
        recipe.engine(),
        PortableLora.of(recipe.lora()),
        head.map(Head::labels).orElse(0),
        head.map(Head::pooling).orElse(null),
        recipe.training(),
        recipe.dropout(),
        seed);
  }

  Optional<Head> head() {
    return labels == 0 ? Optional.empty() : Optional.of(new Head(labels, pooling));
  }
}
