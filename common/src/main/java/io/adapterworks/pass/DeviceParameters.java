package io.adapterworks.pass;

import io.adapterworks.adapter.AdaptedModule;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.Parameter;
import io.adapterworks.adapter.ParameterLayout;
import io.adapterworks.engine.AdamStep;
import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.LoraSlice;
import io.adapterworks.engine.UpdateOps;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.LinearModule;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import io.adapterworks.tokenize.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The adapter's flat parameter vector on the device: float32 values and gradients, and a copy in
 * the compute type that products read. Hands out the LoRA pairs as views.
 */
final class DeviceParameters {
  private final Engine engine;
  private final ParameterLayout layout;
  private final double dropout;
  private final Tensor values;
  private final Tensor computeValues;
  private final Tensor gradients;
  private final Tensor tokenDropout;
  private final Tensor sequenceDropout;
  private final TensorScope scope;
  private final float[] initial;
  private final List<Magnitudes> magnitudes = new ArrayList<>();
  private Moments moments;
  private int sites;

  /** What the rows of a linear layer's input are. */
  enum Rows {
    TOKENS,
    SEQUENCES
  }

  DeviceParameters(Engine engine, LoraAdapter adapter, TensorScope scope) {
    this.engine = engine;
    this.scope = scope;
    this.layout = adapter.layout();
    this.dropout = adapter.config().dropout();
    this.values = scope.allocate(DType.FLOAT32, layout.size());
    this.computeValues =
        engine.computeType() == DType.FLOAT32
            ? values
            : scope.allocate(engine.computeType(), layout.size());
    this.gradients = scope.allocate(DType.FLOAT32, layout.size());
    this.tokenDropout = scope.allocate(DType.INT64, 2);
    this.sequenceDropout = scope.allocate(DType.INT64, 2);
    engine.transfer().upload(new long[2], tokenDropout);
    engine.transfer().upload(new long[2], sequenceDropout);
    this.initial = adapter.values();
    upload(initial);
  }

  ParameterLayout layout() {
    return layout;
  }

  void upload(float[] flat) {
    engine.transfer().upload(flat, values);
    if (computeValues != values) {
      engine.transfer().cast(values, computeValues);
    }
    magnitudes.forEach(each -> each.refresh(flat));
  }

  /** Whether any of these layers carries a DoRA adapter. */
  boolean hasMagnitudes(List<LinearModule> stacked) {
    return stacked.stream()
        .flatMap(module -> layout.module(module.path()).stream())
        .anyMatch(adapted -> adapted.magnitude().isPresent());
  }

  /** Vectors side by side on the device, in float32. */
  Tensor constants(List<HostTensor> vectors) {
    int size = vectors.stream().mapToInt(v -> Math.toIntExact(v.shape().elements())).sum();
    float[] flat = new float[size];
    int at = 0;
    for (HostTensor vector : vectors) {
      float[] part = vector.toFloats();
      System.arraycopy(part, 0, flat, at, part.length);
      at += part.length;
    }
    Tensor constants = scope.allocate(DType.FLOAT32, size);
    engine.transfer().upload(flat, constants);
    return constants;
  }

  /** The adapters on modules that are stacked to one product, each with where its m stands. */
  List<Magnitudes.Part> magnitudeParts(
      List<LinearModule> stacked, BaseModel base, WeightStorage storage) {
    List<Magnitudes.Part> parts = new ArrayList<>();
    int offset = 0;
    for (LinearModule module : stacked) {
      AdaptedModule adapted = layout.module(module.path()).orElse(null);
      if (adapted != null) {
        Parameter magnitude = adapted.magnitude().orElseThrow();
        parts.add(
            new Magnitudes.Part(
                adapted,
                offset,
                computeValues.view(adapted.a().offset(), adapted.a().shape()),
                Magnitudes.squares(base.weight(module.weight()), storage),
                gradients.view(magnitude.offset(), Shape.of(1, module.out()))));
      }
      offset += module.out();
    }
    return parts;
  }

  /** The magnitudes of these adapters, for the values that this began with and all later ones. */
  Magnitudes magnitudes(Magnitudes.Product product, List<Magnitudes.Part> parts) {
    Magnitudes made = new Magnitudes(engine, product, scope, parts.toArray(Magnitudes.Part[]::new));
    made.refresh(initial);
    magnitudes.add(made);
    return made;
  }

  void download(float[] flat) {
    engine.transfer().download(values, flat);
  }

  boolean canUpdate() {
    // The norms of DoRA are computed on the host, from values that come through it.
    return engine.update().isPresent() && magnitudes.isEmpty();
  }

  /** Moves the values by the gradients. */
  void update(AdamStep step) {
    Moments held = moments();
    engine
        .update()
        .orElseThrow()
        .adamW(new UpdateOps.State(values, computeValues, held.mean, held.square), gradients, step);
  }

  /** Adam's moments, made at first use: whoever updates elsewhere does not pay for them. */
  Moments moments() {
    if (moments == null) {
      moments =
          new Moments(
              scope.allocate(DType.FLOAT32, layout.size()),
              scope.allocate(DType.FLOAT32, layout.size()));
      engine.transfer().fill(moments.mean, 0);
      engine.transfer().fill(moments.square, 0);
    }
    return moments;
  }

  /** First and second moments (P each), float32. */
  record Moments(Tensor mean, Tensor square) {}

  /** Decides the masks of the next step; those of a part of a batch are a part of the whole's. */
  void setDropout(long seed, TokenBatch batch) {
    if (sites == 0) {
      // Nothing is dropped anywhere.
      return;
    }
    engine.transfer().upload(new long[] {seed, batch.firstToken()}, tokenDropout);
    engine.transfer().upload(new long[] {seed, batch.firstSequence()}, sequenceDropout);
  }

  void zeroGradients() {
    engine.transfer().fill(gradients, 0);
  }

  void downloadGradients(float[] to) {
    engine.transfer().download(gradients, to);
  }

  /** A trained parameter that is no LoRA factor, in float32. */
  Tensor value(Parameter parameter) {
    return values.view(parameter.offset(), parameter.shape());
  }

  Tensor gradient(Parameter parameter) {
    return gradients.view(parameter.offset(), parameter.shape());
  }

  /**
   * The LoRA pairs on modules that are stacked to one product, with and without dropout. Each call
   * is a dropout site of its own.
   *
   * @param rows what a row of their input is
   */
  LoraSites sites(List<LinearModule> stacked, Rows rows) {
    List<LoraSlice> slices = new ArrayList<>();
    int outOffset = 0;
    for (LinearModule module : stacked) {
      Optional<AdaptedModule> adapted = layout.module(module.path());
      if (adapted.isPresent()) {
        slices.add(slice(adapted.get(), outOffset));
      }
      outOffset += module.out();
    }
    Tensor state = rows == Rows.TOKENS ? tokenDropout : sequenceDropout;
    return new LoraSites(
        new LoraGroup(slices, dropout(dropout, state)), new LoraGroup(slices, Optional.empty()));
  }

  /** A dropout site of its own for rows that are tokens; empty where the probability is 0. */
  Optional<Dropout> tokenDropout(double probability) {
    return dropout(probability, tokenDropout);
  }

  private Optional<Dropout> dropout(double probability, Tensor state) {
    return probability > 0
        ? Optional.of(new Dropout((float) probability, state, sites++))
        : Optional.empty();
  }

  private LoraSlice slice(AdaptedModule adapted, int outOffset) {
    return new LoraSlice(
        outOffset,
        computeValues.view(adapted.a().offset(), adapted.a().shape()),
        computeValues.view(adapted.b().offset(), adapted.b().shape()),
        gradient(adapted.a()),
        gradient(adapted.b()),
        (float) adapted.scale());
  }

  /** One layer's LoRA pairs in both modes. */
  record LoraSites(LoraGroup training, LoraGroup inference) {
    LoraGroup in(PassMode mode) {
      return mode == PassMode.TRAINING ? training : inference;
    }
  }
}
