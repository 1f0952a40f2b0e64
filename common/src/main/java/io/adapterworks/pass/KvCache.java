package io.adapterworks.pass;

import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.CachedAttentionOps;
import io.adapterworks.engine.Engine;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;
import java.util.Optional;

/** The keys and values of every token so far, for each layer and sequence. */
interface KvCache extends AutoCloseable {
  /**
   * What a cache must have room for.
   *
   * @param capacity the most tokens of a sequence
   */
  record Size(int layers, int sequences, int capacity) {}

  /** On the engine's device, where that has memory of its own, else in the host's. */
  static KvCache open(Engine engine, AttentionShape shape, Size size) {
    Optional<CachedAttentionOps> ops = engine.cachedAttention();
    return ops.isPresent()
        ? new DeviceKvCache(engine, ops.get(), shape, size)
        : new HostKvCache(engine, shape, size.layers(), size.sequences(), size.capacity());
  }

  /** Where a token of a step stands. */
  record Place(int sequence, int position) {}

  /**
   * Begins a step of all layers over these tokens, in the order of the batch.
   *
   * @param scope open until the step ends
   */
  void begin(List<Place> tokens, TensorScope scope);

  /**
   * Stores the keys and values of the step's tokens.
   *
   * @param queryKeyValue (N, H·D + 2·kvHeads·D): queries, keys and values side by side
   */
  void store(int layer, Tensor queryKeyValue);

  /**
   * The same, of one token of each sequence of the step, and sets context(S, H·D) to the attention
   * of each over its sequence up to itself.
   */
  void attend(int layer, Tensor queryKeyValue, Tensor context);

  @Override
  void close();
}
