package io.adapterworks.pass;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.ParameterLayout;
import io.adapterworks.engine.AdamStep;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.TransferOps;
import io.adapterworks.engine.Write;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import io.adapterworks.tokenize.LabelScope;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.DoubleSupplier;

/**
 * A decoder of the Llama family with LoRA on any of its linear layers, forward and backward. The
 * base is frozen: gradients are of activations, A and B.
 */
public final class LlamaPass implements LanguageModel, UpdatingPass {
  private final Engine engine;
  private final LlamaConfig config;
  private final PassOptions options;
  private final TensorScope weights;
  private final DeviceParameters parameters;
  private final LlamaEmbedding embedding;
  private final RopeTable rope;
  private final List<LlamaLayer> layers;
  private final FrozenRmsNorm norm;
  private final FrozenLinear head;
  private final VocabularyLoss vocabularyLoss;
  private final int lowestAdapted;
  private final LlamaLayer.Needs needs;

  /**
   * Brings base and adapter to the engine's device.
   *
   * @param adapter its values are the parameters until {@link #setParameters}
   */
  public LlamaPass(Engine engine, BaseModel base, LoraAdapter adapter, PassOptions options) {
    Check.that(
        base.config() instanceof LlamaConfig,
        ErrorCode.MODEL,
        "%s is a %s model; expected a decoder of the Llama family",
        base.location(),
        base.config().modelType());
    this.engine = engine;
    this.config = (LlamaConfig) base.config();
    this.options = options;
    memory(1, adapter.layout().size()).require(engine, 1);
    this.weights = engine.openScope("weights");
    this.parameters = new DeviceParameters(engine, adapter, weights);
    LlamaWeights loaded = LlamaWeights.load(engine, base, parameters, options, weights);
    this.rope = loaded.rope();
    this.embedding =
        new LlamaEmbedding(engine, config, rope, loaded.embedding(), options.embedding());
    this.layers = loaded.layers();
    this.norm = loaded.norm();
    this.head = loaded.head();
    this.vocabularyLoss = new VocabularyLoss(engine, head);
    this.lowestAdapted = loaded.lowestAdapted();
    this.needs = loaded.needs();
  }

  private LlamaMemory memory(long tokens, long adapterSize) {
    LlamaMemory.Load load = new LlamaMemory.Load(tokens, adapterSize);
    return LlamaMemory.of(config, options, engine.computeType(), load);
  }

  /**
   * Bytes of the device's memory that training on batches of so many tokens is foretold to take.
   */
  public long foretoldBytes(long tokens) {
    return memory(tokens, layout().size()).total();
  }

  @Override
  public void prepare(long tokens) {
    memory(tokens, layout().size()).require(engine, tokens);
  }

  @Override
  public ParameterLayout layout() {
    return parameters.layout();
  }

  @Override
  public int outputs() {
    return config.vocabulary();
  }

  @Override
  public void setParameters(float[] values) {
    parameters.upload(values);
  }

  /**
   * What a forward pass leaves on the device.
   *
   * @param inputs (N, C) of each layer, then the last layer's output, which backward turns into its
   *     gradient
   * @param products inputs of the layers' products, which all share
   * @param room memory of the products' inputs, of gradients, and of the loss's logits and scored
   *     states, in turn
   * @param saved what each layer left; layers that are computed again share the memory of the first
   *     that is not, which backward is done with before it comes to them
   * @param rstd (N): of the last hidden states
   */
  private record Forward(
      DeviceBatch batch,
      List<Tensor> inputs,
      LlamaLayer.Inputs products,
      Tensor room,
      List<LlamaLayer.Saved> saved,
      Tensor rstd) {
    /** (N, C): the last hidden states, normalised, until the loss turns them into its gradient. */
    Tensor normed() {
      return products.normed();
    }

    Tensor last() {
      return inputs.get(inputs.size() - 1);
    }
  }

  /**
   * Forward over a batch.
   *
   * @param recomputed so many layers, from the first, keep only their input
   */
  private Forward forward(
      LlamaEmbedding.Embedded input, PassMode mode, int recomputed, TensorScope scope) {
    DeviceBatch batch = input.batch();
    Tensor x = input.x();
    List<Tensor> inputs = new ArrayList<>(List.of(x));
    List<LlamaLayer.Saved> saved = new ArrayList<>();
    long n = batch.tokens();
    long logits = vocabularyLoss.room(Math.min(n, options.logitRows()));
    Tensor room =
        scope.allocate(
            engine.computeType(), Math.max(logits, layers.get(0).roomElements(n, needs)));
    LlamaLayer.Inputs products = layers.get(0).allocateInputs(n, needs, room, scope);
    int lender = recomputed < layers.size() ? recomputed : 0;
    LlamaLayer.Saved lent = layers.get(lender).allocate(x, products, scope);
    for (int i = 0; i < layers.size(); i++) {
      LlamaLayer layer = layers.get(i);
      if (i == lender) {
        saved.add(lent);
      } else {
        boolean kept = i >= recomputed;
        saved.add(kept ? layer.allocate(x, products, scope) : layer.share(lent, scope));
      }
      int spare = i == layers.size() - 1 ? needs.dySpare() : 0;
      Tensor y = scope.allocate(engine.computeType(), n, config.hidden() + spare).sparing(spare);
      layer.forward(mode, x, batch, saved.get(i), y);
      inputs.add(y);
      x = y;
    }
    Tensor normed = products.normed();
    Tensor rstd = scope.allocate(DType.FLOAT32, batch.tokens());
    norm.forward(x, normed, rstd);
    return new Forward(batch, inputs, products, room, saved, rstd);
  }

  private Forward inference(TokenBatch tokens, TensorScope scope) {
    return forward(embedding.embed(tokens, scope), PassMode.INFERENCE, layers.size(), scope);
  }

  @Override
  public double lossAndGradient(TokenBatch tokens, long dropoutSeed, float[] gradient) {
    try (TensorScope scope = engine.openScope("step")) {
      Tensor loss = computeGradients(tokens, dropoutSeed, embedding::embed, scope);
      double value = Downloads.floats(engine, loss)[0];
      parameters.downloadGradients(gradient);
      return value;
    }
  }

  @Override
  public boolean canUpdate() {
    return parameters.canUpdate();
  }

  @Override
  public DoubleSupplier start(TokenBatch tokens, long dropoutSeed, AdamStep update) {
    parameters.moments();
    try (TensorScope scope = engine.openScope("step")) {
      Tensor loss = computeGradients(tokens, dropoutSeed, embedding::embedAhead, scope);
      parameters.update(update);
      TransferOps.Download download = engine.transfer().startDownload(loss);
      return () -> download.await()[0];
    }
  }

  @Override
  public void readParameters(float[] to) {
    parameters.download(to);
  }

  @Override
  public void readMoments(float[] mean, float[] square) {
    engine.transfer().download(parameters.moments().mean(), mean);
    engine.transfer().download(parameters.moments().square(), square);
  }

  @Override
  public void setMoments(float[] mean, float[] square) {
    engine.transfer().upload(mean, parameters.moments().mean());
    engine.transfer().upload(square, parameters.moments().square());
  }

  /** Everything that two steps share when one may be played for the other. */
  private record StepKey(LlamaPass pass, List<Integer> starts, int scored) {}

  /** Sets the parameters' gradients, and gives back the loss, still on the device. */
  private Tensor computeGradients(
      TokenBatch tokens,
      long dropoutSeed,
      BiFunction<TokenBatch, TensorScope, LlamaEmbedding.Embedded> embed,
      TensorScope scope) {
    Labels.require(tokens, LabelScope.TOKEN, outputs());
    parameters.setDropout(dropoutSeed, tokens);
    // Not within the step: embeddings may come over the bus, while the host gets the step ready.
    LlamaEmbedding.Embedded input = embed.apply(tokens, scope);
    Tensor loss = scope.allocate(DType.FLOAT32, 2);
    List<Integer> starts = Arrays.stream(tokens.starts()).boxed().toList();
    engine.run(
        new StepKey(this, starts, tokens.scored()),
        () -> {
          parameters.zeroGradients();
          Forward forward = forward(input, PassMode.TRAINING, options.recomputedLayers(), scope);
          LlamaLayer.Scratch scratch =
              layers.get(0).allocateScratch(forward.products, needs, forward.room, scope);
          vocabularyLoss.run(forward.batch, tokens.scored(), forward.normed(), forward.room, loss);
          backward(forward, scratch);
        });
    return loss;
  }

  @Override
  public double loss(TokenBatch tokens) {
    return score(tokens).loss();
  }

  @Override
  public Score score(TokenBatch tokens) {
    Labels.require(tokens, LabelScope.TOKEN, outputs());
    try (TensorScope scope = engine.openScope("step")) {
      Forward forward = inference(tokens, scope);
      Tensor loss = scope.allocate(DType.FLOAT32, 2);
      vocabularyLoss.run(forward.batch, tokens.scored(), forward.normed(), forward.room, loss);
      float[] values = Downloads.floats(engine, loss);
      return new Score(values[0], Math.round(values[1]), tokens.scored());
    }
  }

  private void backward(Forward forward, LlamaLayer.Scratch scratch) {
    Tensor dx = forward.last();
    norm.backward(forward.normed(), forward.last(), forward.rstd, Write.SET, dx);
    for (int i = layers.size() - 1; i >= lowestAdapted; i--) {
      Reach reach = i > lowestAdapted ? Reach.INPUT : Reach.WEIGHTS;
      BackwardStep step = new BackwardStep(forward.inputs.get(i), dx, reach);
      layers.get(i).backward(saved(forward, i), forward.batch, step, scratch);
    }
  }

  /** What layer {@code i} left; computed again where it was not kept. */
  private LlamaLayer.Saved saved(Forward forward, int i) {
    LlamaLayer.Saved saved = forward.saved.get(i);
    if (i < options.recomputedLayers()) {
      layers.get(i).restore(forward.inputs.get(i), forward.batch, saved);
    }
    return saved;
  }

  @Override
  public float[] logits(TokenBatch tokens) {
    try (TensorScope scope = engine.openScope("step")) {
      return logits(inference(tokens, scope).normed(), scope);
    }
  }

  @Override
  public float[] lastLogits(TokenBatch tokens) {
    try (TensorScope scope = engine.openScope("step")) {
      Tensor last = lastRows(inference(tokens, scope).normed(), tokens.starts(), scope);
      return logits(last, scope);
    }
  }

  @Override
  public Decoding decode(List<int[]> prompts, int maxTokens) {
    int capacity = Math.min(maxTokens, config.maxPositions());
    return LlamaDecoding.begin(
        this,
        prompts,
        new KvCache.Size(layers.size(), prompts.size(), capacity),
        size -> KvCache.open(engine, layers.get(0).attentionShape(), size));
  }

  /** Fills an empty cache with the prompts; (S, V): the logits after their last tokens. */
  float[] prefill(List<int[]> prompts, KvCache cache) {
    TokenBatch tokens = TokenBatch.of(prompts.stream().map(TokenRow::unlabelled).toList());
    List<KvCache.Place> places = new ArrayList<>();
    for (int s = 0; s < prompts.size(); s++) {
      for (int position = 0; position < prompts.get(s).length; position++) {
        places.add(new KvCache.Place(s, position));
      }
    }
    try (TensorScope scope = engine.openScope("step")) {
      cache.begin(places, scope);
      Forward forward = forward(embedding.embed(tokens, scope), PassMode.INFERENCE, 0, scope);
      for (int i = 0; i < layers.size(); i++) {
        layers.get(i).remember(new CachedStep(cache, i), forward.saved.get(i));
      }
      return logits(lastRows(forward.normed(), tokens.starts(), scope), scope);
    }
  }

  /** Stores a token at each of these places; (places, V): the logits after it. */
  float[] extend(List<KvCache.Place> places, int[] tokens, KvCache cache) {
    int[] positions = places.stream().mapToInt(KvCache.Place::position).toArray();
    rope.reserve(Arrays.stream(positions).max().orElse(0) + 1);
    try (TensorScope scope = engine.openScope("step")) {
      DeviceBatch batch = DeviceBatch.tokens(engine, scope, tokens, positions);
      long n = tokens.length;
      cache.begin(places, scope);
      Tensor x = scope.allocate(engine.computeType(), n, config.hidden());
      Tensor y = scope.allocate(engine.computeType(), n, config.hidden());
      embedding.gather(batch.ids(), x);
      Tensor room = scope.allocate(engine.computeType(), layers.get(0).roomElements(n, needs));
      LlamaLayer.Inputs products = layers.get(0).allocateInputs(n, needs, room, scope);
      LlamaLayer.Saved first = layers.get(0).allocate(x, products, scope);
      for (int i = 0; i < layers.size(); i++) {
        LlamaLayer layer = layers.get(i);
        LlamaLayer.Saved shared = layer.share(first, scope);
        layer.decode(x, batch, new CachedStep(cache, i), shared, y);
        Tensor swapped = x;
        x = y;
        y = swapped;
      }
      Tensor rstd = scope.allocate(DType.FLOAT32, n);
      norm.forward(x, y, rstd);
      return logits(y, scope);
    }
  }

  private Tensor lastRows(Tensor normed, int[] starts, TensorScope scope) {
    int sequences = starts.length - 1;
    Tensor last = scope.allocate(engine.computeType(), sequences, config.hidden());
    for (int s = 0; s < sequences; s++) {
      engine.transfer().cast(normed.rows(starts[s + 1] - 1L, 1), last.rows(s, 1));
    }
    return last;
  }

  private float[] logits(Tensor normed, TensorScope scope) {
    Tensor h = scope.allocate(engine.computeType(), normed.rows(), 0);
    Tensor narrow = scope.allocate(engine.computeType(), normed.rows(), config.vocabulary());
    engine.linear().forward(head, LoraGroup.NONE, normed, h, narrow);
    Tensor logits = scope.allocate(DType.FLOAT32, normed.rows(), config.vocabulary());
    engine.transfer().cast(narrow, logits);
    return Downloads.floats(engine, logits);
  }

  @Override
  public void close() {
    embedding.close();
    rope.close();
    weights.close();
  }
}
