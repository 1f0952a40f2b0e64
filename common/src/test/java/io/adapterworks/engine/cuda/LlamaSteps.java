package io.adapterworks.engine.cuda;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.FrozenSource;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.LoraSlice;
import io.adapterworks.engine.Segments;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** One training step of a Llama shape as a sequence of primitives, weights random. */
final class LlamaSteps {
  private static final float EPSILON = 1e-5f;

  private record Layer(
      FrozenLinear qkv,
      FrozenLinear o,
      FrozenLinear gateUp,
      FrozenLinear down,
      LoraGroup qkvLora,
      LoraGroup oLora) {}

  /** What forward keeps of a layer for backward. */
  private record Kept(
      Tensor rstd1,
      Tensor qkv,
      Tensor hQkv,
      Tensor attended,
      Tensor logSumExp,
      Tensor hO,
      Tensor middle,
      Tensor rstd2,
      Tensor gateUp) {}

  private final CudaEngine engine;
  private final LlamaShape shape;
  private final AttentionShape attention;
  private final List<Layer> layers = new ArrayList<>();
  private final FrozenLinear head;
  private final Tensor table;
  private final Tensor gamma;
  private final Tensor parameters;
  private final Tensor gradients;
  private final Tensor rotary;
  private final Tensor positions;
  private final Tensor ids;
  private final Tensor labels;
  private final Tensor loss;
  private final Segments segments;
  private final ByteBuffer pool;
  private final Random random = new Random(1);
  private final Map<String, Double> spent = new LinkedHashMap<>();
  private boolean timing;
  private long used;

  LlamaSteps(CudaEngine engine, LlamaShape shape) {
    this.engine = engine;
    this.shape = shape;
    int headDim = shape.headDim();
    this.attention =
        new AttentionShape(
            shape.heads(),
            shape.kvHeads(),
            headDim,
            (float) (1 / Math.sqrt(headDim)),
            AttentionShape.Mask.CAUSAL);
    this.pool = pool((long) LlamaShape.VOCABULARY * shape.hidden());
    TensorScope scope = engine.openScope("model");
    long perLayer = LlamaShape.RANK * (4L * shape.hidden() + shape.qkvWidth() + shape.hidden());
    this.parameters = scope.allocate(DType.BFLOAT16, perLayer * shape.layers());
    this.gradients = scope.allocate(DType.FLOAT32, perLayer * shape.layers());
    engine.transfer().upload(normals(perLayer * shape.layers()), parameters);
    for (int i = 0; i < shape.layers(); i++) {
      layers.add(layer(i * perLayer));
    }
    this.head =
        freeze(LlamaShape.VOCABULARY, shape.hidden(), FrozenSource.WeightStorage.COMPUTE_TYPE);
    this.table = scope.allocate(DType.BFLOAT16, LlamaShape.VOCABULARY, shape.hidden());
    engine.transfer().upload(matrix(LlamaShape.VOCABULARY, shape.hidden()), table);
    float[] ones = new float[shape.hidden()];
    Arrays.fill(ones, 1);
    this.gamma = scope.allocate(DType.FLOAT32, shape.hidden());
    engine.transfer().upload(ones, gamma);
    this.rotary = scope.allocate(DType.FLOAT32, shape.length(), headDim);
    engine.transfer().upload(angles(headDim), rotary);
    int n = shape.tokens();
    this.positions = integers(scope, n, i -> i % shape.length());
    this.ids = integers(scope, n, i -> random.nextInt(LlamaShape.VOCABULARY));
    this.labels = integers(scope, n, i -> random.nextInt(LlamaShape.VOCABULARY));
    this.loss = scope.allocate(DType.FLOAT32, 2);
    int[] starts = new int[shape.batch() + 1];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = i * shape.length();
    }
    Tensor onDevice = scope.allocate(DType.INT32, starts.length);
    engine.transfer().upload(starts, onDevice);
    this.segments = new Segments(starts, onDevice);
  }

  private static ByteBuffer pool(long elements) {
    ByteBuffer pool =
        ByteBuffer.allocateDirect(Math.toIntExact(elements * Short.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    long state = 88172645463325252L;
    for (int i = 0; i < elements; i++) {
      state ^= state << 13;
      state ^= state >>> 7;
      state ^= state << 17;
      float value = ((state >>> 40) * 0x1p-24f - 0.5f) * 0.06f;
      pool.putShort(2 * i, (short) (Float.floatToRawIntBits(value) >>> 16));
    }
    return pool;
  }

  private float[] normals(long count) {
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.01 * random.nextGaussian());
    }
    return values;
  }

  private float[] angles(int headDim) {
    float[] angles = new float[shape.length() * headDim];
    for (int p = 0; p < shape.length(); p++) {
      for (int i = 0; i < headDim / 2; i++) {
        double angle = p * Math.pow(500000, -2.0 * i / headDim);
        angles[p * headDim + i] = (float) Math.cos(angle);
        angles[p * headDim + headDim / 2 + i] = (float) Math.sin(angle);
      }
    }
    return angles;
  }

  private Tensor integers(TensorScope scope, int count, java.util.function.IntUnaryOperator value) {
    Tensor tensor = scope.allocate(DType.INT32, count);
    int[] values = new int[count];
    Arrays.setAll(values, value);
    engine.transfer().upload(values, tensor);
    return tensor;
  }

  private HostTensor matrix(int out, int in) {
    int bytes = out * in * Short.BYTES;
    int at = random.nextInt((pool.capacity() - bytes) / 2 + 1) * 2;
    return new HostTensor(
        "random",
        DType.BFLOAT16,
        Shape.of(out, in),
        pool.slice(at, bytes).order(ByteOrder.LITTLE_ENDIAN));
  }

  private FrozenLinear freeze(int out, int in, FrozenSource.WeightStorage storage) {
    return engine.linear().freeze(new FrozenSource(List.of(matrix(out, in)), List.of(), storage));
  }

  private Layer layer(long at) {
    int c = shape.hidden();
    used = at;
    LoraGroup qkvLora =
        new LoraGroup(
            List.of(
                slice(0, c),
                slice(c, shape.kvWidth()),
                slice(c + shape.kvWidth(), shape.kvWidth())),
            Optional.empty());
    LoraGroup oLora = new LoraGroup(List.of(slice(0, c)), Optional.empty());
    return new Layer(
        freeze(shape.qkvWidth(), c, shape.storage()),
        freeze(c, c, shape.storage()),
        freeze(2 * shape.inner(), c, shape.storage()),
        freeze(c, shape.inner(), shape.storage()),
        qkvLora,
        oLora);
  }

  private LoraSlice slice(int offset, int out) {
    Shape a = Shape.of(LlamaShape.RANK, shape.hidden());
    Shape b = Shape.of(out, LlamaShape.RANK);
    long bAt = used + a.elements();
    LoraSlice slice =
        new LoraSlice(
            offset,
            parameters.view(used, a),
            parameters.view(bAt, b),
            gradients.view(used, a),
            gradients.view(bAt, b),
            2);
    used = bAt + b.elements();
    return slice;
  }

  private void timed(String label, Runnable primitive) {
    if (!timing) {
      primitive.run();
      return;
    }
    engine.synchronize();
    long start = System.nanoTime();
    primitive.run();
    engine.synchronize();
    spent.merge(label, (System.nanoTime() - start) * 1e-6, Double::sum);
  }

  /** One step: loss and gradients of all adapters. */
  void run() {
    engine.run(timing ? "timed" + spent : shape, this::step);
  }

  /** Milliseconds of each kind of primitive in one step, each waited for. */
  Map<String, Double> profile() {
    timing = true;
    step();
    spent.clear();
    step();
    timing = false;
    return spent;
  }

  float loss() {
    float[] values = new float[2];
    engine.transfer().download(loss, values);
    return values[0];
  }

  boolean sameGradientsTwice() {
    float[] first = new float[(int) gradients.columns()];
    float[] second = new float[first.length];
    run();
    engine.transfer().download(gradients, first);
    run();
    engine.transfer().download(gradients, second);
    return Arrays.equals(first, second) && first[0] != 0 && Float.isFinite(first[0]);
  }

  private void step() {
    try (TensorScope scope = engine.openScope("step")) {
      int n = shape.tokens();
      int c = shape.hidden();
      engine.transfer().fill(gradients, 0);
      engine.transfer().fill(loss, 0);
      Work work = new Work(scope, n, shape);
      Tensor[] inputs = new Tensor[shape.layers() + 1];
      Kept[] kept = new Kept[shape.layers()];
      Kept shared = shape.recomputed() > 0 ? keep(scope) : null;
      inputs[0] = scope.allocate(DType.BFLOAT16, n, c);
      timed("gather", () -> engine.sequence().gather(table, ids, Write.SET, inputs[0]));
      for (int i = 0; i < shape.layers(); i++) {
        inputs[i + 1] = scope.allocate(DType.BFLOAT16, n, c);
        kept[i] = i < shape.recomputed() ? shared : keep(scope);
        forward(layers.get(i), inputs[i], kept[i], work, inputs[i + 1]);
      }
      Tensor last = inputs[shape.layers()];
      Tensor rstd = scope.allocate(DType.FLOAT32, n);
      timed("norm", () -> engine.norm().rmsNormForward(last, gamma, EPSILON, work.normed, rstd));
      timed(
          "vocabulary",
          () ->
              engine
                  .loss()
                  .vocabularyCrossEntropy(head, work.normed, labels, 1f / n, work.dNormed, loss));
      timed(
          "norm backward",
          () -> engine.norm().rmsNormBackward(work.dNormed, last, gamma, rstd, Write.SET, work.dx));
      for (int i = shape.layers() - 1; i >= 0; i--) {
        if (i < shape.recomputed()) {
          again(layers.get(i), inputs[i], kept[i], work);
        }
        backward(layers.get(i), inputs[i], kept[i], work, i == 0);
      }
    }
  }

  /** Buffers that every layer uses anew. */
  private static final class Work {
    final Tensor normed;
    final Tensor dNormed;
    final Tensor dx;
    final Tensor inner;
    final Tensor dGateUp;
    final Tensor dQkv;

    Work(TensorScope scope, int n, LlamaShape shape) {
      normed = scope.allocate(DType.BFLOAT16, n, shape.hidden());
      dNormed = scope.allocate(DType.BFLOAT16, n, shape.hidden());
      dx = scope.allocate(DType.BFLOAT16, n, shape.hidden());
      inner = scope.allocate(DType.BFLOAT16, n, shape.inner());
      dGateUp = scope.allocate(DType.BFLOAT16, n, 2L * shape.inner());
      dQkv = dGateUp.view(0, Shape.of(n, shape.qkvWidth()));
    }
  }

  private Kept keep(TensorScope scope) {
    int n = shape.tokens();
    int c = shape.hidden();
    return new Kept(
        scope.allocate(DType.FLOAT32, n),
        scope.allocate(DType.BFLOAT16, n, shape.qkvWidth()),
        scope.allocate(DType.BFLOAT16, n, 3L * LlamaShape.RANK),
        scope.allocate(DType.BFLOAT16, n, c),
        scope.allocate(DType.FLOAT32, shape.heads(), n),
        scope.allocate(DType.BFLOAT16, n, LlamaShape.RANK),
        scope.allocate(DType.BFLOAT16, n, c),
        scope.allocate(DType.FLOAT32, n),
        scope.allocate(DType.BFLOAT16, n, 2L * shape.inner()));
  }

  private Tensor q(Tensor qkv) {
    return qkv.columns(0, shape.hidden());
  }

  private Tensor k(Tensor qkv) {
    return qkv.columns(shape.hidden(), shape.kvWidth());
  }

  private Tensor v(Tensor qkv) {
    return qkv.columns(shape.hidden() + (long) shape.kvWidth(), shape.kvWidth());
  }

  private Tensor qk(Tensor qkv) {
    return qkv.columns(0, shape.hidden() + (long) shape.kvWidth());
  }

  private void forward(Layer layer, Tensor x, Kept kept, Work work, Tensor y) {
    again(layer, x, kept, work);
    timed("swiglu", () -> engine.activation().swiGluForward(kept.gateUp(), work.inner));
    timed(
        "down",
        () ->
            engine
                .linear()
                .forwardWithResidual(
                    layer.down(), LoraGroup.NONE, work.inner, kept.hO(), kept.middle(), y));
  }

  /** Forward up to what backward needs. */
  private void again(Layer layer, Tensor x, Kept kept, Work work) {
    timed("norm", () -> engine.norm().rmsNormForward(x, gamma, EPSILON, work.normed, kept.rstd1()));
    timed(
        "qkv",
        () ->
            engine
                .linear()
                .forward(layer.qkv(), layer.qkvLora(), work.normed, kept.hQkv(), kept.qkv()));
    timed(
        "rope",
        () -> engine.attention().rotate(qk(kept.qkv()), shape.headDim(), rotary, positions));
    timed(
        "attention",
        () ->
            engine
                .attention()
                .forward(
                    attention,
                    segments,
                    q(kept.qkv()),
                    k(kept.qkv()),
                    v(kept.qkv()),
                    kept.attended(),
                    kept.logSumExp()));
    timed(
        "o",
        () ->
            engine
                .linear()
                .forwardWithResidual(
                    layer.o(), layer.oLora(), kept.attended(), kept.hO(), x, kept.middle()));
    timed(
        "norm",
        () ->
            engine.norm().rmsNormForward(kept.middle(), gamma, EPSILON, work.normed, kept.rstd2()));
    timed(
        "gate up",
        () ->
            engine
                .linear()
                .forward(layer.gateUp(), LoraGroup.NONE, work.normed, kept.hO(), kept.gateUp()));
  }

  /** work.dx: the gradient of the layer's output on entry, of its input on return. */
  private void backward(Layer layer, Tensor x, Kept kept, Work work, boolean first) {
    timed(
        "down backward",
        () ->
            engine
                .linear()
                .backward(
                    layer.down(),
                    LoraGroup.NONE,
                    work.dx,
                    work.inner,
                    kept.hO(),
                    Write.SET,
                    work.inner));
    timed(
        "swiglu backward",
        () -> engine.activation().swiGluBackward(work.inner, kept.gateUp(), work.dGateUp));
    timed(
        "gate up backward",
        () ->
            engine
                .linear()
                .backward(
                    layer.gateUp(),
                    LoraGroup.NONE,
                    work.dGateUp,
                    work.normed,
                    kept.hO(),
                    Write.SET,
                    work.dNormed));
    timed(
        "norm backward",
        () ->
            engine
                .norm()
                .rmsNormBackward(
                    work.dNormed, kept.middle(), gamma, kept.rstd2(), Write.ADD, work.dx));
    timed(
        "o backward",
        () ->
            engine
                .linear()
                .backward(
                    layer.o(),
                    layer.oLora(),
                    work.dx,
                    kept.attended(),
                    kept.hO(),
                    Write.SET,
                    work.dNormed));
    timed(
        "attention backward",
        () ->
            engine
                .attention()
                .backward(
                    attention,
                    segments,
                    new AttentionGradient(
                        q(kept.qkv()),
                        k(kept.qkv()),
                        v(kept.qkv()),
                        kept.attended(),
                        kept.logSumExp(),
                        work.dNormed,
                        q(work.dQkv),
                        k(work.dQkv),
                        v(work.dQkv))));
    timed(
        "rope",
        () -> engine.attention().rotateBack(qk(work.dQkv), shape.headDim(), rotary, positions));
    timed("norm", () -> engine.norm().rmsNormForward(x, gamma, EPSILON, work.normed, kept.rstd1()));
    if (first) {
      timed(
          "qkv backward",
          () ->
              engine
                  .linear()
                  .backwardWeights(layer.qkvLora(), work.dQkv, work.normed, kept.hQkv()));
      return;
    }
    timed(
        "qkv backward",
        () ->
            engine
                .linear()
                .backward(
                    layer.qkv(),
                    layer.qkvLora(),
                    work.dQkv,
                    work.normed,
                    kept.hQkv(),
                    Write.SET,
                    work.dNormed));
    timed(
        "norm backward",
        () ->
            engine
                .norm()
                .rmsNormBackward(work.dNormed, x, gamma, kept.rstd1(), Write.ADD, work.dx));
  }
}
