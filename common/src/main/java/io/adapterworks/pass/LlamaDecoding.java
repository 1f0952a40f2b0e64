package io.adapterworks.pass;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Grows sequences on a {@link LlamaPass} with cached keys and values. */
final class LlamaDecoding implements Decoding {
  private final LlamaPass pass;
  private final KvCache cache;
  private final int capacity;
  private final int[] lengths;
  private final float[] promptLogits;

  private LlamaDecoding(LlamaPass pass, List<int[]> prompts, KvCache cache, int capacity) {
    this.pass = pass;
    this.cache = cache;
    this.capacity = capacity;
    this.lengths = prompts.stream().mapToInt(prompt -> prompt.length).toArray();
    this.promptLogits = pass.prefill(prompts, cache);
  }

  /** Computes the prompts, once it is sure that they fit. */
  static LlamaDecoding begin(
      LlamaPass pass,
      List<int[]> prompts,
      KvCache.Size size,
      Function<KvCache.Size, KvCache> caches) {
    for (int[] prompt : prompts) {
      Check.that(
          prompt.length > 0 && prompt.length <= size.capacity(),
          ErrorCode.INPUT,
          "a prompt of %d tokens; expected 1 to %d; shorten it, or allow longer sequences up to the"
              + " model's context",
          prompt.length,
          size.capacity());
    }
    return new LlamaDecoding(pass, prompts, caches.apply(size), size.capacity());
  }

  @Override
  public float[] promptLogits() {
    return promptLogits.clone();
  }

  @Override
  public float[] append(int[] sequences, int[] tokens) {
    List<KvCache.Place> places = new ArrayList<>(sequences.length);
    for (int sequence : sequences) {
      Check.that(
          lengths[sequence] < capacity,
          ErrorCode.INPUT,
          "sequence %d has reached %d tokens, all that was made room for",
          sequence,
          capacity);
      places.add(new KvCache.Place(sequence, lengths[sequence]));
    }
    float[] logits = pass.extend(places, tokens, cache);
    Arrays.stream(sequences).forEach(sequence -> lengths[sequence]++);
    return logits;
  }

  @Override
  public int length(int sequence) {
    return lengths[sequence];
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public void close() {
    cache.close();
  }
}
