package io.adapterworks.pipeline;

import io.adapterworks.adapter.Head;
import io.adapterworks.error.Check;
import io.adapterworks.pass.EncoderDropout;

/**
 * The frozen model beneath the adapter; the section {@code base}.
 *
 * @param model a folder in Hugging Face layout, or {@code builtin:all-minilm-l6-v2}
 * @param pooling how a sequence becomes one vector for the classification head
 * @param maxTokens longer texts are cut here
 * @param dropout what an encoder drops while an adapter on it is trained
 */
public record BaseModelConfig(
    String model, Head.Pooling pooling, int maxTokens, EncoderDropout dropout) {
  public BaseModelConfig {
    Check.notBlank("base.model", model);
    Check.positive("base.maxTokens", maxTokens);
  }

  /** The same configuration for another model. */
  public BaseModelConfig withModel(String other) {
    return new BaseModelConfig(other, pooling, maxTokens, dropout);
  }
}
