package io.adapterworks.pass;

import io.adapterworks.engine.DeviceMemory;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.tensor.DType;
import java.util.Locale;

/**
 * What training a decoder takes of a device's memory, foretold from sizes alone.
 *
 * @param weights bytes of the frozen base and the adapter with its gradients and moments
 * @param activations bytes of a step's activations and their gradients
 * @param working bytes of the engine's own working memory
 */
record LlamaMemory(long weights, long activations, long working) {
  private static final double GIB = 1L << 30;

  /** Statistics of a token in one layer: of two norms, and of each head's softmax. */
  private static final int STATISTICS = 2;

  /** Scores come in squares; so many more than a sequence has tokens are taken at the most. */
  private static final long SCORES_UNIT = 128;

  /** A few small tensors. */
  private static final long FIXED_BYTES = 32L << 20;

  /** What is trained: a batch of so many tokens, by so many parameters. */
  record Load(long tokens, long parameters) {}

  static LlamaMemory of(LlamaConfig config, PassOptions options, DType type, Load load) {
    long bytes = type.bytes();
    long hidden = config.hidden();
    long query = (long) config.heads() * config.headDim();
    long qkv = query + 2L * config.kvHeads() * config.headDim();
    long wide = config.intermediate();
    long layer = hidden * (qkv + query + 3 * wide);
    long table = (long) config.vocabulary() * hidden;
    boolean small = options.weights() == WeightStorage.INT8;
    long frozen = (config.layers() * layer + table) * (small ? 1 : bytes);
    boolean onHost = options.embedding() == PassOptions.Placement.HOST;
    long embedding = onHost ? 0 : table * bytes;
    // The next step's embeddings arrive beside this step's.
    long ahead = onHost ? load.tokens * hidden * bytes : 0;
    long adapter = load.parameters * (4L * Float.BYTES + bytes);

    boolean headNorms = config.has(LlamaConfig.Feature.QUERY_KEY_NORM);
    long headNorm = headNorms ? 2 * (qkv + query) / 2 : 0;
    long kept = (qkv + query + hidden + 2 * wide + headNorm) * bytes;
    long statistics = (config.heads() + STATISTICS) * (long) Float.BYTES;
    long held = Math.max(1, config.layers() - options.recomputedLayers());
    long outputs = (config.layers() + 1) * hidden * bytes;
    long normed = hidden * bytes;
    long token = held * (kept + statistics) + outputs + normed;
    long logits = Math.min(options.logitRows(), load.tokens) * config.vocabulary();
    long room = Math.max(logits, load.tokens * Math.max(wide, query + qkv + hidden)) * bytes;

    long expanded = small ? Math.max(table, 2 * wide * hidden) * bytes : 0;
    long working = expanded + scores(config, load.tokens) * bytes + FIXED_BYTES;
    return new LlamaMemory(
        frozen + embedding + adapter, load.tokens * token + room + ahead, working);
  }

  /**
   * The scores of a group of heads, should all tokens be of one sequence, where they do not fit
   * what the feed-forward block leaves to attention's backward.
   */
  private static long scores(LlamaConfig config, long tokens) {
    long longest = Math.min(tokens, config.maxPositions()) + SCORES_UNIT;
    long scores = config.heads() / config.kvHeads() * tokens * longest / 2;
    return scores > 2L * config.intermediate() * tokens ? scores : 0;
  }

  long total() {
    return weights + activations + working;
  }

  /** Refuses, with the numbers, what the device cannot hold. */
  void require(Engine engine, long tokens) {
    engine
        .memory()
        .ifPresent(
            memory ->
                Check.that(
                    total() <= memory.available(),
                    ErrorCode.DEVICE,
                    "%s",
                    refusal(memory, tokens)));
  }

  String refusal(DeviceMemory memory, long tokens) {
    return String.format(
        Locale.ROOT,
        "a step over %d tokens takes %.2f GiB of the card's memory (weights %.2f, activations %.2f,"
            + " working memory %.2f), but %.2f of its %.2f GiB are to be had; lower the batch size"
            + " or the sequence length, recompute more layers, keep the embeddings on the host, or"
            + " the base in int8",
        tokens,
        total() / GIB,
        weights / GIB,
        activations / GIB,
        working / GIB,
        memory.available() / GIB,
        memory.total() / GIB);
  }
}
