package io.adapterworks.pass;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.ParameterLayout;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BertConfig;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import io.adapterworks.tokenize.LabelScope;
import io.adapterworks.tokenize.TokenBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * A BERT encoder with LoRA on any of its linear layers and a trained classification head, forward
 * and backward. The base is frozen: gradients are of activations, A, B and the head only.
 */
public final class BertPass implements SequenceClassifier {
  private final Engine engine;
  private final BertConfig config;
  private final ClassificationObjective objective;
  private final TensorScope weights;
  private final DeviceParameters parameters;
  private final BertEmbedding embedding;
  private final List<BertLayer> layers = new ArrayList<>();
  private final Pooler pooler;
  private final ClassificationHead head;
  private final int lowestAdapted;

  /** A pass that drops nothing but what LoRA drops. */
  public BertPass(
      Engine engine, BaseModel base, LoraAdapter adapter, ClassificationObjective objective) {
    this(engine, base, adapter, objective, EncoderDropout.NONE);
  }

  /**
   * Brings base and adapter to the engine's device.
   *
   * @param adapter with a head; its values are the parameters until {@link #setParameters}
   * @param objective what training minimises
   * @param dropout what the base drops while training
   */
  public BertPass(
      Engine engine,
      BaseModel base,
      LoraAdapter adapter,
      ClassificationObjective objective,
      EncoderDropout dropout) {
    Check.that(
        base.config() instanceof BertConfig,
        ErrorCode.MODEL,
        "%s is a %s model; expected an encoder of the BERT family",
        base.location(),
        base.config().modelType());
    this.engine = engine;
    this.config = (BertConfig) base.config();
    this.objective = objective;
    this.weights = engine.openScope("weights");
    this.parameters = new DeviceParameters(engine, adapter, weights);
    this.embedding =
        new BertEmbedding(engine, base, parameters.tokenDropout(dropout.hidden()), weights);
    for (int i = 0; i < config.layers(); i++) {
      LayerPlace place = new LayerPlace(i, weights);
      layers.add(new BertLayer(engine, base, parameters, dropout, place));
    }
    ParameterLayout.HeadParameters headParameters =
        adapter
            .layout()
            .head()
            .orElseThrow(
                () ->
                    Check.failure(
                        ErrorCode.MODEL,
                        "the adapter has no classification head; an encoder needs one"));
    this.pooler =
        switch (headParameters.head().pooling()) {
          case MEAN -> new Pooler.Mean(engine);
          case POOLER ->
              new Pooler.FirstToken(
                  engine,
                  base,
                  new LinearLoader(engine, base, parameters, WeightStorage.COMPUTE_TYPE));
        };
    this.head = new ClassificationHead(engine, parameters, headParameters);
    this.lowestAdapted = lowestAdapted();
  }

  private int lowestAdapted() {
    for (int i = 0; i < layers.size(); i++) {
      if (layers.get(i).isAdapted()) {
        return i;
      }
    }
    return layers.size();
  }

  @Override
  public ParameterLayout layout() {
    return parameters.layout();
  }

  @Override
  public int outputs() {
    return head.classes();
  }

  @Override
  public int embeddingWidth() {
    return config.hidden();
  }

  @Override
  public void setParameters(float[] values) {
    parameters.upload(values);
  }

  /** What a forward pass leaves on the device. */
  private record Forward(
      DeviceBatch batch, List<BertLayer.Saved> saved, Tensor hidden, Tensor pooled) {}

  private Forward forward(TokenBatch tokens, PassMode mode, TensorScope scope) {
    DeviceBatch batch =
        DeviceBatch.upload(engine, scope, tokens, config.vocabulary(), config.maxPositions());
    Tensor x = embedding.forward(batch, mode, scope);
    List<BertLayer.Saved> saved = new ArrayList<>(layers.size());
    for (BertLayer layer : layers) {
      BertLayer.Saved step = layer.forward(x, batch.segments(), mode, scope);
      saved.add(step);
      x = step.y();
    }
    Tensor pooled = scope.allocate(DType.FLOAT32, batch.sequences(), config.hidden());
    pooler.forward(mode, x, batch.segments(), scope, pooled);
    return new Forward(batch, saved, x, pooled);
  }

  @Override
  public double lossAndGradient(TokenBatch tokens, long dropoutSeed, float[] gradient) {
    TokenBatch seen = objective.isTwofold() ? tokens.twice() : tokens;
    parameters.setDropout(dropoutSeed, seen);
    parameters.zeroGradients();
    try (TensorScope scope = engine.openScope("step")) {
      Forward forward = forward(seen, PassMode.TRAINING, scope);
      Loss loss = loss(forward, seen, scope);
      double disagreement = objective.isTwofold() ? addDisagreement(loss, scope) : 0;
      backward(forward, loss, scope);
      double value = loss.value(engine) + disagreement;
      parameters.downloadGradients(gradient);
      return value;
    }
  }

  @Override
  public double loss(TokenBatch tokens) {
    try (TensorScope scope = engine.openScope("step")) {
      return loss(forward(tokens, PassMode.INFERENCE, scope), tokens, scope).value(engine);
    }
  }

  /** Adds the gradient of the weighted disagreement of each row's two passes; returns its value. */
  private double addDisagreement(Loss loss, TensorScope scope) {
    Disagreement disagreement = Disagreement.of(Downloads.floats(engine, loss.logits), outputs());
    Tensor gradient = scope.allocate(DType.FLOAT32, loss.dLogits.rows(), loss.dLogits.columns());
    engine.transfer().upload(disagreement.gradient(), gradient);
    engine.transfer().addScaled(gradient, (float) objective.consistency(), loss.dLogits);
    return objective.consistency() * disagreement.value();
  }

  /** The loss (1), the logits and their gradient (S, L), all float32. */
  private record Loss(Tensor loss, Tensor logits, Tensor dLogits) {
    double value(Engine engine) {
      return Downloads.floats(engine, loss)[0];
    }
  }

  private Loss loss(Forward forward, TokenBatch tokens, TensorScope scope) {
    Labels.require(tokens, LabelScope.SEQUENCE, outputs());
    Tensor logits = logits(forward, scope);
    Tensor dLogits = scope.allocate(DType.FLOAT32, logits.rows(), logits.columns());
    Tensor loss = scope.allocate(DType.FLOAT32, 1);
    engine.transfer().fill(loss, 0);
    engine
        .loss()
        .softmaxCrossEntropy(
            logits,
            forward.batch.labels(),
            (float) objective.labelSmoothing(),
            1f / tokens.scored(),
            dLogits,
            loss);
    return new Loss(loss, logits, dLogits);
  }

  private Tensor logits(Forward forward, TensorScope scope) {
    Tensor logits = scope.allocate(DType.FLOAT32, forward.batch.sequences(), outputs());
    head.forward(forward.pooled, logits);
    return logits;
  }

  private void backward(Forward forward, Loss loss, TensorScope scope) {
    Tensor dPooled = scope.allocate(DType.FLOAT32, forward.batch.sequences(), config.hidden());
    head.backward(loss.dLogits, forward.pooled, dPooled);
    long n = forward.batch.tokens();
    Tensor dx = scope.allocate(engine.computeType(), n, config.hidden());
    pooler.backward(dPooled, forward.batch.segments(), scope, dx);
    BertLayer.Scratch scratch = BertLayer.Scratch.allocate(engine, config, n, scope);
    for (int i = layers.size() - 1; i >= lowestAdapted; i--) {
      Reach reach = i > lowestAdapted ? Reach.INPUT : Reach.WEIGHTS;
      layers.get(i).backward(forward.saved.get(i), dx, forward.batch.segments(), scratch, reach);
    }
  }

  @Override
  public float[] logits(TokenBatch tokens) {
    try (TensorScope scope = engine.openScope("step")) {
      return Downloads.floats(engine, logits(forward(tokens, PassMode.INFERENCE, scope), scope));
    }
  }

  @Override
  public float[] embeddings(TokenBatch tokens) {
    try (TensorScope scope = engine.openScope("step")) {
      return Downloads.floats(engine, forward(tokens, PassMode.INFERENCE, scope).pooled);
    }
  }

  /** (N, C) row-major: the last hidden state of every token, dropout off. */
  public float[] hiddenStates(TokenBatch tokens) {
    try (TensorScope scope = engine.openScope("step")) {
      Tensor hidden = forward(tokens, PassMode.INFERENCE, scope).hidden;
      Tensor widened = scope.allocate(DType.FLOAT32, hidden.rows(), hidden.columns());
      engine.transfer().cast(hidden, widened);
      return Downloads.floats(engine, widened);
    }
  }

  @Override
  public void close() {
    weights.close();
  }
}
