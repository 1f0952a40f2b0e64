package io.adapterworks.pass;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionOperands;
import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.engine.Segments;
import io.adapterworks.engine.Write;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BertConfig;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;
import java.util.Optional;

/**
 * One encoder layer of BERT: attention and a feed-forward block, each followed by the residual and
 * a layer normalisation. Devlin et al. 2018, arXiv:1810.04805. Query, key and value are one
 * product.
 */
final class BertLayer {
  private final Engine engine;
  private final int hidden;
  private final int intermediate;
  private final AttentionShape attention;
  private final AttentionShape trainedAttention;
  private final AdaptedLinear queryKeyValue;
  private final ResidualBranch attentionOutput;
  private final FrozenLayerNorm attentionNorm;
  private final AdaptedLinear up;
  private final ResidualBranch down;
  private final FrozenLayerNorm outputNorm;

  BertLayer(
      Engine engine,
      BaseModel base,
      DeviceParameters parameters,
      EncoderDropout dropout,
      LayerPlace place) {
    BertConfig config = (BertConfig) base.config();
    this.engine = engine;
    this.hidden = config.hidden();
    this.intermediate = config.intermediate();
    int headDim = config.hidden() / config.heads();
    this.attention =
        new AttentionShape(
            config.heads(),
            config.heads(),
            headDim,
            (float) (1 / Math.sqrt(headDim)),
            AttentionShape.Mask.FULL);
    this.trainedAttention = attention.with(parameters.tokenDropout(dropout.attention()));
    String path = base.prefix() + "encoder.layer." + place.index() + ".";
    LinearLoader linear = new LinearLoader(engine, base, parameters, WeightStorage.COMPUTE_TYPE);
    this.queryKeyValue =
        linear.stacked(
            List.of(
                path + "attention.self.query",
                path + "attention.self.key",
                path + "attention.self.value"));
    this.attentionOutput =
        new ResidualBranch(
            engine,
            linear.single(path + "attention.output.dense"),
            parameters.tokenDropout(dropout.hidden()));
    this.attentionNorm = norm(base, config, place.weights(), path + "attention.output.LayerNorm");
    this.up = linear.single(path + "intermediate.dense");
    this.down =
        new ResidualBranch(
            engine,
            linear.single(path + "output.dense"),
            parameters.tokenDropout(dropout.hidden()));
    this.outputNorm = norm(base, config, place.weights(), path + "output.LayerNorm");
  }

  private FrozenLayerNorm norm(
      BaseModel base, BertConfig config, TensorScope weights, String path) {
    return FrozenLayerNorm.load(engine, weights, base, path, config.layerNormEpsilon());
  }

  /** True if an adapter sits on any linear layer here. */
  boolean isAdapted() {
    return queryKeyValue.isAdapted()
        || attentionOutput.linear().isAdapted()
        || up.isAdapted()
        || down.linear().isAdapted();
  }

  /** What forward leaves for backward. All (N, …), in the compute type but for the float32 rest. */
  record Saved(
      Tensor x,
      Tensor hQueryKeyValue,
      Tensor queryKeyValue,
      Tensor context,
      Tensor logSumExp,
      Tensor hAttentionOutput,
      Tensor attentionSum,
      Tensor attentionStats,
      Tensor middle,
      Tensor hUp,
      Tensor gate,
      Tensor activated,
      Tensor hDown,
      Tensor outputSum,
      Tensor outputStats,
      Tensor y) {}

  /** x(N, C) to {@code y} of what it returns, (N, C). */
  Saved forward(Tensor x, Segments segments, PassMode mode, TensorScope scope) {
    long n = x.rows();
    Saved saved = allocate(x, n, scope);
    queryKeyValue.forward(mode, x, saved.hQueryKeyValue, saved.queryKeyValue);
    engine
        .attention()
        .forward(
            mode == PassMode.TRAINING ? trainedAttention : attention,
            segments,
            attentionOperands(saved));
    attentionOutput.forward(mode, saved.context, saved.hAttentionOutput, x, saved.attentionSum);
    attentionNorm.forward(saved.attentionSum, saved.middle, saved.attentionStats);
    up.forward(mode, saved.middle, saved.hUp, saved.gate);
    engine.activation().geluForward(saved.gate, saved.activated);
    down.forward(mode, saved.activated, saved.hDown, saved.middle, saved.outputSum);
    outputNorm.forward(saved.outputSum, saved.y, saved.outputStats);
    return saved;
  }

  private Saved allocate(Tensor x, long n, TensorScope scope) {
    DType type = engine.computeType();
    return new Saved(
        x,
        scope.allocate(type, n, queryKeyValue.totalRank()),
        scope.allocate(type, n, 3L * hidden),
        scope.allocate(type, n, hidden),
        scope.allocate(DType.FLOAT32, attention.heads(), n),
        scope.allocate(type, n, attentionOutput.linear().totalRank()),
        scope.allocate(type, n, hidden),
        scope.allocate(DType.FLOAT32, n, 2),
        scope.allocate(type, n, hidden),
        scope.allocate(type, n, up.totalRank()),
        scope.allocate(type, n, intermediate),
        scope.allocate(type, n, intermediate),
        scope.allocate(type, n, down.linear().totalRank()),
        scope.allocate(type, n, hidden),
        scope.allocate(DType.FLOAT32, n, 2),
        scope.allocate(type, n, hidden));
  }

  /** Memory that the backward passes of all layers share. */
  record Scratch(
      Tensor dSum,
      Tensor dBranch,
      Tensor dWide,
      Tensor dGate,
      Tensor dContext,
      Tensor dQueryKeyValue) {
    static Scratch allocate(Engine engine, BertConfig config, long n, TensorScope scope) {
      DType type = engine.computeType();
      return new Scratch(
          scope.allocate(type, n, config.hidden()),
          scope.allocate(type, n, config.hidden()),
          scope.allocate(type, n, config.intermediate()),
          scope.allocate(type, n, config.intermediate()),
          scope.allocate(type, n, config.hidden()),
          scope.allocate(type, n, 3L * config.hidden()));
    }
  }

  /**
   * Adds this layer's gradients of A and B, and turns dy into dx.
   *
   * @param dy (N, C): the gradient of y; overwritten by the gradient of x where {@code reach} asks
   *     for it
   */
  void backward(Saved saved, Tensor dy, Segments segments, Scratch scratch, Reach reach) {
    Tensor dSum = scratch.dSum;
    outputNorm.backward(dy, saved.outputSum, saved.outputStats, dSum);
    down.backward(dSum, saved.activated, saved.hDown, scratch.dBranch, scratch.dWide);
    engine.activation().geluBackward(scratch.dWide, saved.gate, scratch.dGate);
    up.backward(scratch.dGate, saved.middle, saved.hUp, Write.ADD, dSum);
    attentionNorm.backward(dSum, saved.attentionSum, saved.attentionStats, dy);
    attentionOutput.backward(
        dy, saved.context, saved.hAttentionOutput, scratch.dBranch, scratch.dContext);
    engine.attention().backward(trainedAttention, segments, attentionGradient(saved, scratch));
    if (reach == Reach.INPUT) {
      queryKeyValue.backward(scratch.dQueryKeyValue, saved.x, saved.hQueryKeyValue, Write.ADD, dy);
    } else {
      queryKeyValue.backwardWeights(scratch.dQueryKeyValue, saved.x, saved.hQueryKeyValue);
    }
  }

  private AttentionOperands attentionOperands(Saved saved) {
    Tensor qkv = saved.queryKeyValue;
    return new AttentionOperands(
        qkv.columns(0, hidden),
        qkv.columns(hidden, hidden),
        qkv.columns(2L * hidden, hidden),
        saved.context,
        saved.logSumExp);
  }

  private AttentionGradient attentionGradient(Saved saved, Scratch scratch) {
    Tensor dQkv = scratch.dQueryKeyValue;
    return new AttentionGradient(
        attentionOperands(saved),
        scratch.dContext,
        dQkv.columns(0, hidden),
        dQkv.columns(hidden, hidden),
        dQkv.columns(2L * hidden, hidden),
        Optional.of(scratch.dWide));
  }
}
