package io.adapterworks.pass;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.List;

/**
 * How text is generated, the section {@code generation} of the configuration.
 *
 * @param maxNewTokens the most tokens after the prompt
 * @param temperature divides the logits; 0 takes the likeliest token each time
 * @param topK keeps the k likeliest tokens; 0 keeps all
 * @param topP keeps the fewest likeliest tokens whose probabilities reach p (Holtzman et al. 2019,
 *     arXiv:1904.09751); 1 keeps all
 * @param repetitionPenalty divides a positive logit, multiplies a negative one, of every token that
 *     is in the sequence (Keskar et al. 2019, arXiv:1909.05858); 1 for none
 * @param stop texts at which a sequence ends; they are cut off
 * @param seed decides what is sampled
 */
public record GenerationConfig(
    int maxNewTokens,
    double temperature,
    int topK,
    double topP,
    double repetitionPenalty,
    List<String> stop,
    long seed) {
  public GenerationConfig {
    Check.positive("generation.maxNewTokens", maxNewTokens);
    Check.inRange("generation.temperature", temperature, 0, 100);
    Check.inRange("generation.topK", topK, 0, Integer.MAX_VALUE);
    Check.inRange("generation.topP", topP, 0, 1);
    Check.that(
        repetitionPenalty > 0,
        ErrorCode.CONFIGURATION,
        "generation.repetitionPenalty=%s; expected more than 0",
        repetitionPenalty);
    stop = List.copyOf(stop);
  }

  /** The likeliest token each time. */
  public static GenerationConfig greedy(int maxNewTokens) {
    return new GenerationConfig(maxNewTokens, 0, 0, 1, 1, List.of(), 0);
  }
}
