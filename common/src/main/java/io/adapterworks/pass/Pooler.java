package io.adapterworks.pass;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.Segments;
import io.adapterworks.engine.Write;
import io.adapterworks.model.BaseModel;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;

/** Turns the rows of each sequence into one, float32 (S, C). */
sealed interface Pooler {
  /** Sets pooled(S, C); what backward needs is kept in {@code scope}. */
  void forward(PassMode mode, Tensor x, Segments segments, TensorScope scope, Tensor pooled);

  /** Sets dx(N, C) from dPooled(S, C), after {@link #forward} on the same scope. */
  void backward(Tensor dPooled, Segments segments, TensorScope scope, Tensor dx);

  /** The mean over tokens, as sentence transformers pool. Reimers and Gurevych 2019, 1908.10084. */
  record Mean(Engine engine) implements Pooler {
    @Override
    public void forward(
        PassMode mode, Tensor x, Segments segments, TensorScope scope, Tensor pooled) {
      engine.sequence().meanPoolForward(x, segments, pooled);
    }

    @Override
    public void backward(Tensor dPooled, Segments segments, TensorScope scope, Tensor dx) {
      engine.sequence().meanPoolBackward(dPooled, segments, dx);
    }
  }

  /** The first token through the model's own dense layer and tanh, as BERT was pretrained. */
  final class FirstToken implements Pooler {
    private final Engine engine;
    private final AdaptedLinear dense;
    private Tensor first;
    private Tensor h;
    private Tensor activated;

    FirstToken(Engine engine, BaseModel base, LinearLoader linear) {
      this.engine = engine;
      this.dense = linear.ofSequences(base.prefix() + "pooler.dense");
    }

    @Override
    public void forward(
        PassMode mode, Tensor x, Segments segments, TensorScope scope, Tensor pooled) {
      DType type = engine.computeType();
      long sequences = segments.count();
      first = scope.allocate(type, sequences, x.columns());
      h = scope.allocate(type, sequences, dense.totalRank());
      Tensor projected = scope.allocate(type, sequences, x.columns());
      activated = scope.allocate(type, sequences, x.columns());
      engine.sequence().firstTokenForward(x, segments, first);
      dense.forward(mode, first, h, projected);
      engine.activation().tanhForward(projected, activated);
      engine.transfer().cast(activated, pooled);
    }

    @Override
    public void backward(Tensor dPooled, Segments segments, TensorScope scope, Tensor dx) {
      DType type = engine.computeType();
      long sequences = segments.count();
      Tensor dActivated = scope.allocate(type, sequences, dx.columns());
      Tensor dProjected = scope.allocate(type, sequences, dx.columns());
      Tensor dFirst = scope.allocate(type, sequences, dx.columns());
      engine.transfer().cast(dPooled, dActivated);
      engine.activation().tanhBackward(dActivated, activated, dProjected);
      dense.backward(dProjected, first, h, Write.SET, dFirst);
      engine.sequence().firstTokenBackward(dFirst, segments, dx);
    }
  }
}
