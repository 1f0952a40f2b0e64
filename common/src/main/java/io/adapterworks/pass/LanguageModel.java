package io.adapterworks.pass;

import io.adapterworks.tokenize.TokenBatch;
import java.util.List;

/** A pass that scores the next token at every position. */
public interface LanguageModel extends TrainablePass {
  /**
   * How well labels were predicted.
   *
   * @param loss the mean over scored labels, in nats
   * @param correct the scored labels that had the highest logit
   * @param scored how many labels were scored
   */
  record Score(double loss, long correct, long scored) {}

  /** Scores a batch's labels, dropout off. */
  Score score(TokenBatch batch);

  /** (N, V) row-major: the logits after every token, dropout off. */
  float[] logits(TokenBatch batch);

  /** (S, V) row-major: the logits after each sequence's last token, dropout off. */
  float[] lastLogits(TokenBatch batch);

  /**
   * Starts to generate after some prompts.
   *
   * @param prompts token ids, each at least one
   * @param maxTokens the most tokens of a sequence, prompt included; at most the model's context
   */
  Decoding decode(List<int[]> prompts, int maxTokens);
}
