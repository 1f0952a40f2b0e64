package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenSource.WeightStorage;

/**
 * A model's sizes and how it is trained, for the benchmark.
 *
 * @param recomputed how many layers, from the first, keep only their input
 */
record LlamaShape(
    String name,
    int layers,
    int hidden,
    int inner,
    int heads,
    int kvHeads,
    int batch,
    int length,
    WeightStorage storage,
    int recomputed) {
  static final int VOCABULARY = 128256;
  static final int RANK = 8;

  static LlamaShape named(String name) {
    return switch (name) {
      case "8b" -> eight(name, WeightStorage.COMPUTE_TYPE, 2);
      case "8b-recompute" -> eight(name, WeightStorage.COMPUTE_TYPE, 32);
      case "8b-int8" -> eight(name, WeightStorage.INT8, 12);
      case "1b" ->
          new LlamaShape(name, 16, 2048, 8192, 32, 8, 8, 1024, WeightStorage.COMPUTE_TYPE, 0);
      default ->
          throw new IllegalArgumentException(name + "; expected 8b, 8b-recompute, 8b-int8, 1b");
    };
  }

  private static LlamaShape eight(String name, WeightStorage storage, int recomputed) {
    return new LlamaShape(name, 32, 4096, 14336, 32, 8, 4, 1024, storage, recomputed);
  }

  int tokens() {
    return batch * length;
  }

  int headDim() {
    return hidden / heads;
  }

  int kvWidth() {
    return kvHeads * headDim();
  }

  int qkvWidth() {
    return hidden + 2 * kvWidth();
  }

  /** Weights in products, the vocabulary's included. */
  long productWeights() {
    long layer = (long) hidden * (qkvWidth() + hidden + 3L * inner);
    return layers * layer + (long) VOCABULARY * hidden;
  }

  /** Operations of one step: products forward and for input gradients, and attention's seven. */
  double operations() {
    double attention = (2 + 5) * (double) length * length * hidden * batch * layers;
    return 4.0 * productWeights() * tokens() + attention;
  }
}
