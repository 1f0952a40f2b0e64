package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/** Attention of new tokens over keys and values of earlier ones, which stay on the device. */
public interface CachedAttentionOps {
  /**
   * One layer's keys and values of several sequences.
   *
   * @param keys (sequences · capacity, kvHeads·D), compute type, contiguous: sequence after
   *     sequence
   * @param values as keys
   * @param capacity the most tokens of a sequence
   */
  record Cache(Tensor keys, Tensor values, int capacity) {}

  /**
   * Copies the keys and values of N tokens to their places in the cache.
   *
   * @param k (N, kvHeads·D), compute type; rows may be strided
   * @param v as k
   * @param places INT32 (N): sequence · capacity + position
   */
  void store(Tensor k, Tensor v, Tensor places, Cache cache);

  /**
   * out = softmax(scale · q·kᵀ)·v for each head, of one token of each of several sequences over its
   * own sequence's keys up to its own, which is in the cache already.
   *
   * @param q (S, H·D), compute type; rows may be strided
   * @param places INT32 (S): sequence · capacity + position of each token
   * @param out (S, H·D), contiguous but for spare columns
   */
  void attend(AttentionShape shape, Tensor q, Tensor places, Cache cache, Tensor out);
}
