package io.adapterworks.engine.cuda;

import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.LoraSlice;
import io.adapterworks.engine.Transpose;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.Optional;

/** The low-rank part of a linear layer. */
final class LowRank {
  /** Elements that share one block of random bits. */
  private static final int LANES = 8;

  private final CudaContext context;
  private final MatrixProducts products;

  LowRank(CudaContext context, MatrixProducts products) {
    this.context = context;
    this.products = products;
  }

  /** h = dropout(x)·Aᵀ, then y += scale · h·Bᵀ on each slice's columns. */
  void addForward(LoraGroup lora, Tensor x, Tensor h, Tensor y, TensorScope scratch) {
    Tensor dropped = dropped(lora, x, scratch);
    int column = 0;
    for (LoraSlice slice : lora.slices()) {
      Tensor low = h.columns(column, slice.rank());
      products.run(
          MatrixProducts.Product.set(dropped, Transpose.NO, slice.a(), Transpose.YES, low));
      Tensor part = y.columns(slice.outOffset(), slice.out());
      products.run(
          MatrixProducts.Product.set(low, Transpose.NO, slice.b(), Transpose.YES, part)
              .scaled(slice.scale())
              .plus(part));
      column += slice.rank();
    }
  }

  /** dB += scale · dyᵀ·h and dA += uᵀ·dropout(x); gives back u = scale · dy·B, side by side. */
  Tensor addWeightGradients(LoraGroup lora, Tensor dy, Tensor x, Tensor h, TensorScope scratch) {
    Tensor dropped = dropped(lora, x, scratch);
    Tensor low = scratch.allocate(context.computeType(), x.rows(), lora.totalRank());
    int column = 0;
    for (LoraSlice slice : lora.slices()) {
      Tensor part = dy.columns(slice.outOffset(), slice.out());
      Tensor gradient = low.columns(column, slice.rank());
      products.run(
          MatrixProducts.Product.set(part, Transpose.NO, slice.b(), Transpose.NO, gradient)
              .scaled(slice.scale()));
      products.run(
          MatrixProducts.Product.set(
                  part, Transpose.YES, h.columns(column, slice.rank()), Transpose.NO, slice.dB())
              .scaled(slice.scale())
              .plus(slice.dB()));
      products.run(
          MatrixProducts.Product.set(gradient, Transpose.YES, dropped, Transpose.NO, slice.dA())
              .plus(slice.dA()));
      column += slice.rank();
    }
    return low;
  }

  /** dx += dropoutᵀ(u·A). */
  void addInputGradient(LoraGroup lora, Tensor low, Tensor dx, TensorScope scratch) {
    boolean masked = lora.dropout().isPresent();
    Tensor target = masked ? scratch.allocate(dx.dtype(), dx.rows(), dx.columns()) : dx;
    int column = 0;
    for (LoraSlice slice : lora.slices()) {
      MatrixProducts.Product product =
          MatrixProducts.Product.set(
              low.columns(column, slice.rank()), Transpose.NO, slice.a(), Transpose.NO, target);
      products.run(masked && column == 0 ? product : product.plus(target));
      column += slice.rank();
    }
    lora.dropout().ifPresent(dropout -> addDropped(target, dropout, dx));
  }

  /** dropout(x), in {@code scratch}; x itself where nothing is dropped. */
  Tensor dropped(LoraGroup lora, Tensor x, TensorScope scratch) {
    Optional<Tensor> dropped =
        lora.dropout()
            .map(
                dropout -> {
                  Tensor to = scratch.allocate(x.dtype(), x.rows(), x.columns());
                  drop(x, dropout, to);
                  return to;
                });
    return dropped.orElse(x);
  }

  private Kernels.Launch dropout(Tensor from, Dropout dropout, Tensor to) {
    long count = from.shape().elements();
    return context
        .launch("dropout")
        .matrix(from)
        .matrix(to)
        .number(count)
        .integer(from.columns())
        .tensor(dropout.seed())
        .integer(dropout.site())
        .integer(dropout.threshold())
        .real(1 / (1 - dropout.probability()));
  }

  private static long groups(Tensor tensor) {
    return (tensor.shape().elements() + LANES - 1) / LANES;
  }

  /** y += dropout(x). */
  void addDropped(Tensor x, Dropout dropout, Tensor y) {
    dropout(x, dropout, y).flag(true).each(groups(x));
  }

  /** y = dropout(x). */
  void drop(Tensor x, Dropout dropout, Tensor y) {
    dropout(x, dropout, y).flag(false).each(groups(x));
  }
}
