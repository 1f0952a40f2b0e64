package io.adapterworks.pass;

import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Engine;
import io.adapterworks.model.BaseModel;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;

/** One decoder layer: attention, then a feed-forward block, each with its residual. */
final class LlamaLayer {
  private final DType type;
  private final LlamaAttention attention;
  private final LlamaFeedForward feedForward;

  LlamaLayer(Engine engine, BaseModel base, LinearLoader linear, RopeTable rope, LayerPlace place) {
    this.type = engine.computeType();
    this.attention = new LlamaAttention(engine, base, linear, rope, place);
    this.feedForward = new LlamaFeedForward(engine, base, linear, place);
  }

  AttentionShape attentionShape() {
    return attention.shape();
  }

  /** True if an adapter sits on any linear layer here. */
  boolean isAdapted() {
    return attention.isAdapted() || feedForward.isAdapted();
  }

  /**
   * Inputs of the products, which all layers share: forward sets them, and backward makes again
   * what an adapter needs, for that costs less than the memory would.
   *
   * @param normed (N, C)
   * @param activated (N, F): silu(gate) · up
   */
  record Inputs(Tensor normed, Tensor activated) {}

  /**
   * What the tensors that all layers share must offer.
   *
   * @param normedSpare spare columns of the input of the first products
   * @param activatedSpare spare columns of the input of the last product
   * @param dQueryKeyValueSpare spare columns of the first product's gradient
   * @param dySpare spare columns of the gradient of the layer's output
   * @param keepsActivated backward needs the last product's input beside its gradient
   */
  record Needs(
      int normedSpare,
      int activatedSpare,
      int dQueryKeyValueSpare,
      int dySpare,
      boolean keepsActivated) {
    Needs and(Needs other) {
      return new Needs(
          Math.max(normedSpare, other.normedSpare),
          Math.max(activatedSpare, other.activatedSpare),
          Math.max(dQueryKeyValueSpare, other.dQueryKeyValueSpare),
          Math.max(dySpare, other.dySpare),
          keepsActivated || other.keepsActivated);
    }
  }

  Needs needs() {
    return new Needs(
        Math.max(attention.inputSpare(), feedForward.inputSpare()),
        feedForward.outputSpare(),
        attention.inputSpare(),
        Math.max(attention.outputSpare(), feedForward.outputSpare()),
        feedForward.isOutputAdapted());
  }

  /**
   * Elements that activations, and in backward the gradients within attention, take of the memory
   * that they share: when one is needed the others are not.
   */
  long roomElements(long n, Needs needs) {
    long activated = n * (feedForward.width() + needs.activatedSpare);
    return Math.max(activated, attention.roomElements(n, needs.dQueryKeyValueSpare));
  }

  /**
   * @param room {@link #roomElements}, compute type
   */
  Inputs allocateInputs(long n, Needs needs, Tensor room, TensorScope scope) {
    long wide = feedForward.width() + (long) needs.activatedSpare;
    return new Inputs(
        scope.allocate(type, n, attention.width() + needs.normedSpare).sparing(needs.normedSpare),
        room.view(0, Shape.of(n, wide)).sparing(needs.activatedSpare));
  }

  /** What forward leaves for backward; middle(N, C) is between the two halves. */
  record Saved(LlamaAttention.Saved attention, Tensor middle, LlamaFeedForward.Saved feedForward) {}

  Saved allocate(Tensor x, Inputs inputs, TensorScope scope) {
    return new Saved(
        attention.allocate(inputs.normed(), scope),
        scope.allocate(type, x.rows(), x.columns()),
        feedForward.allocate(inputs, scope));
  }

  /** As {@link #allocate}, in another layer's memory, which forward then overwrites. */
  Saved share(Saved other, TensorScope scope) {
    return new Saved(
        attention.share(other.attention, scope),
        other.middle,
        feedForward.share(other.feedForward, scope));
  }

  /** Sets y(N, C) from x(N, C), and what {@code saved} holds. */
  void forward(PassMode mode, Tensor x, DeviceBatch batch, Saved saved, Tensor y) {
    attention.forward(mode, x, batch, saved.attention, saved.middle);
    feedForward.forward(mode, saved.middle, saved.feedForward, y);
  }

  /** Sets again what {@code saved} holds, from x(N, C). */
  void restore(Tensor x, DeviceBatch batch, Saved saved) {
    attention.forward(PassMode.TRAINING, x, batch, saved.attention, saved.middle);
    if (feedForward.isOutputAdapted()) {
      Tensor unused = saved.feedForward.normed();
      feedForward.forward(PassMode.TRAINING, saved.middle, saved.feedForward, unused);
    } else {
      feedForward.restore(saved.middle, saved.feedForward);
    }
  }

  /** As {@link #forward}, dropout off, where x holds one new token of each cached sequence. */
  void decode(Tensor x, DeviceBatch batch, CachedStep step, Saved saved, Tensor y) {
    attention.decode(x, batch, step, saved.attention, saved.middle);
    feedForward.forward(PassMode.INFERENCE, saved.middle, saved.feedForward, y);
  }

  /** Stores the keys and values that {@link #forward} left, for all tokens of the sequences. */
  void remember(CachedStep step, Saved saved) {
    attention.remember(step, saved.attention);
  }

  /** Memory that the backward passes of all layers share. */
  record Scratch(LlamaAttention.Scratch attention, LlamaFeedForward.Scratch feedForward) {}

  /**
   * @param room as for {@link #allocateInputs}
   */
  Scratch allocateScratch(Inputs inputs, Needs needs, Tensor room, TensorScope scope) {
    long n = inputs.normed().rows();
    LlamaAttention.Scratch shared = attention.scratch(n, needs.dQueryKeyValueSpare, room);
    Tensor dActivated =
        needs.keepsActivated ? scope.allocate(type, n, feedForward.width()) : inputs.activated();
    return new Scratch(shared, new LlamaFeedForward.Scratch(shared.dNormed(), dActivated));
  }

  /** Adds the gradients of A and B; turns dy into dx as {@code step} says. */
  void backward(Saved saved, DeviceBatch batch, BackwardStep step, Scratch scratch) {
    feedForward.backward(saved.feedForward, saved.middle, step.dy(), scratch.feedForward);
    attention.backward(
        saved.attention, batch, step, scratch.attention.lending(saved.feedForward.usedUp()));
  }
}
