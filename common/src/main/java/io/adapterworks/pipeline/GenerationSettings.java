package io.adapterworks.pipeline;

import io.adapterworks.error.Check;
import io.adapterworks.pass.GenerationConfig;
import io.adapterworks.pass.PassOptions;

/**
 * How a generating adapter is trained, asked and measured; the section {@code generation}.
 *
 * @param instruction put before every text; empty for none
 * @param tokensPerBatch tokens of one optimizer step
 * @param answeredRows test rows that are answered
 * @param promptsAtOnce prompts that are answered at once
 * @param memory how the base's weights and the activations are kept
 * @param sampling how answers are generated
 */
public record GenerationSettings(
    String instruction,
    int tokensPerBatch,
    int answeredRows,
    int promptsAtOnce,
    PassOptions memory,
    GenerationConfig sampling) {
  public GenerationSettings {
    Check.positive("generation.tokensPerBatch", tokensPerBatch);
    Check.inRange("generation.answeredRows", answeredRows, 0, Integer.MAX_VALUE);
    Check.positive("generation.promptsAtOnce", promptsAtOnce);
  }
}
