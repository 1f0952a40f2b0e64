package io.adapterworks.pipeline;

import io.adapterworks.adapter.Head;
import io.adapterworks.error.Check;

/**
 * The frozen model beneath the adapter; the section {@code base}.
 *
 * @param model a folder in Hugging Face layout, or {@code builtin:all-minilm-l6-v2}
 * @param pooling how a sequence becomes one vector for the classification head
 * @param maxTokens longer texts are cut here
 */
public record BaseModelConfig(String model, Head.Pooling pooling, int maxTokens) {
  public BaseModelConfig {
    Check.notBlank("base.model", model);
    Check.positive("base.maxTokens", maxTokens);
  }
}
