package io.adapterworks.pass;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.List;

/** Grows sequences on a {@link LlamaPass} with cached keys and values. */
final class LlamaDecoding implements Decoding {
  private final LlamaPass pass;
  private final KvCache cache;
  private final float[] promptLogits;

  LlamaDecoding(LlamaPass pass, KvCache cache, List<int[]> prompts) {
    for (int[] prompt : prompts) {
      Check.that(
          prompt.length > 0 && prompt.length <= cache.capacity(),
          ErrorCode.INPUT,
          "a prompt of %d tokens; expected 1 to %d; shorten it, or allow longer sequences up to the"
              + " model's context",
          prompt.length,
          cache.capacity());
    }
    this.pass = pass;
    this.cache = cache;
    this.promptLogits = pass.prefill(prompts, cache);
  }

  @Override
  public float[] promptLogits() {
    return promptLogits.clone();
  }

  @Override
  public float[] append(int[] sequences, int[] tokens) {
    for (int sequence : sequences) {
      Check.that(
          cache.length(sequence) < cache.capacity(),
          ErrorCode.INPUT,
          "sequence %d has reached %d tokens, all that was made room for",
          sequence,
          cache.capacity());
    }
    return pass.extend(sequences, tokens, cache);
  }

  @Override
  public int length(int sequence) {
    return cache.length(sequence);
  }

  @Override
  public int capacity() {
    return cache.capacity();
  }
}
