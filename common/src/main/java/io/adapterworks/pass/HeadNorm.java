package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.Write;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;

/**
 * Qwen3's normalisation of each head of the queries, or of the keys, before they are rotated. A
 * strided range of columns is copied, so that every head is a row of one normalisation.
 */
record HeadNorm(Engine engine, FrozenRmsNorm norm, int heads, int headDim) {
  static HeadNorm load(
      Engine engine, BaseModel base, LlamaConfig config, LayerPlace place, Side side) {
    String path =
        config.layerPrefix(base.prefix(), place.index())
            + (side == Side.QUERY ? "self_attn.q_norm" : "self_attn.k_norm");
    FrozenRmsNorm norm =
        FrozenRmsNorm.load(engine, place.weights(), base, path, config.rmsNormEpsilon());
    int heads = side == Side.QUERY ? config.heads() : config.kvHeads();
    return new HeadNorm(engine, norm, heads, config.headDim());
  }

  /** Which of the two. */
  enum Side {
    QUERY,
    KEY
  }

  /**
   * What forward leaves for backward.
   *
   * @param x (N · heads, D) before
   * @param y (N · heads, D) after
   * @param rstd (N · heads), float32
   */
  record Saved(Tensor x, Tensor y, Tensor rstd) {}

  Saved allocate(long n, TensorScope scope) {
    long rows = n * heads;
    return new Saved(
        scope.allocate(engine.computeType(), rows, headDim),
        scope.allocate(engine.computeType(), rows, headDim),
        scope.allocate(DType.FLOAT32, rows));
  }

  private Tensor byToken(Tensor byHead) {
    return byHead.view(0, Shape.of(byHead.rows() / heads, (long) heads * headDim));
  }

  /** Normalises each head of columns(N, heads · D), which may be strided, in place. */
  void forward(Tensor columns, Saved saved) {
    engine.transfer().cast(columns, byToken(saved.x));
    norm.forward(saved.x, saved.y, saved.rstd);
    engine.transfer().cast(byToken(saved.y), columns);
  }

  /** Turns dColumns(N, heads · D) into the gradient before the norm, in place; y is scratch. */
  void backward(Tensor dColumns, Saved saved, Tensor scratch) {
    Tensor dy = scratch.view(0, saved.y.shape());
    engine.transfer().cast(dColumns, byToken(dy));
    norm.backward(dy, saved.x, saved.rstd, Write.SET, saved.y);
    engine.transfer().cast(byToken(saved.y), dColumns);
  }
}
