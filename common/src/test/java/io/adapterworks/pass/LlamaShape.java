package io.adapterworks.pass;

import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.model.Rope;
import io.adapterworks.pass.PassOptions.Placement;
import java.util.Set;

/**
 * A model's sizes and how it is trained, for the benchmark.
 *
 * @param batch sequences of a step, each of {@link #LENGTH} tokens
 * @param prompt so many of these, from the first, are not scored
 */
record LlamaShape(String name, LlamaConfig config, int batch, int prompt, PassOptions options) {
  static final int LENGTH = 1024;

  /** Tokens of a prompt, where there is one. */
  private static final int PROMPT = 640;

  private static final int VOCABULARY = 128256;

  /** Tokens whose logits take no more than the room that is there anyway. */
  private static final int FEW_LOGITS = 512;

  static LlamaShape named(String name) {
    return switch (name) {
      case "8b" -> eight(name, 4, smallest(WeightStorage.COMPUTE_TYPE, 0));
      case "8b-prompt" -> named("8b").prompted(name);
      case "8b-keep" -> eight(name, 4, PassOptions.DEFAULT);
      case "8b-half" -> eight(name, 2, PassOptions.DEFAULT);
      case "8b-recompute" -> eight(name, 4, smallest(WeightStorage.COMPUTE_TYPE, 19));
      case "8b-int8" -> eight(name, 4, smallest(WeightStorage.INT8, 7));
      case "1b" -> new LlamaShape(name, config(2048, 16, 32, 8192), 8, 0, PassOptions.DEFAULT);
      case "1b-prompt" -> named("1b").prompted(name);
      default ->
          throw new IllegalArgumentException(
              name
                  + "; expected 8b, 8b-prompt, 8b-keep, 8b-half, 8b-recompute, 8b-int8, 1b or"
                  + " 1b-prompt");
    };
  }

  private LlamaShape prompted(String newName) {
    return new LlamaShape(newName, config, batch, PROMPT, options);
  }

  /** Little memory but for what layers keep. */
  private static PassOptions smallest(WeightStorage weights, int recomputed) {
    return new PassOptions(weights, recomputed, Placement.HOST, FEW_LOGITS);
  }

  private static LlamaShape eight(String name, int batch, PassOptions options) {
    return new LlamaShape(name, config(4096, 32, 32, 14336), batch, 0, options);
  }

  private static LlamaConfig config(int hidden, int layers, int heads, int intermediate) {
    Set<LlamaConfig.Feature> features =
        hidden == 2048 ? Set.of(LlamaConfig.Feature.TIED_EMBEDDINGS) : Set.of();
    return new LlamaConfig(
        "llama",
        hidden,
        layers,
        heads,
        8,
        hidden / heads,
        intermediate,
        VOCABULARY,
        LENGTH,
        1e-5f,
        new Rope(500000, new Rope.Unscaled()),
        Set.of(),
        features);
  }

  int tokens() {
    return batch * LENGTH;
  }

  /** Operations of one step: products forward and for input gradients, and attention's seven. */
  double operations() {
    long hidden = config.hidden();
    long kv = (long) config.kvHeads() * config.headDim();
    long layer = hidden * (2 * hidden + 2 * kv + 3L * config.intermediate());
    double layers = (double) config.layers() * layer * tokens();
    double vocabulary = (double) config.vocabulary() * hidden * batch * (LENGTH - prompt);
    double attention = 7.0 * LENGTH * LENGTH * hidden * batch * config.layers();
    return 4.0 * (layers + vocabulary) + attention;
  }
}
