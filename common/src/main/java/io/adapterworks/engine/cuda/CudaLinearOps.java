package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.FrozenSource;
import io.adapterworks.engine.LinearOps;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.RmsNormed;
import io.adapterworks.engine.Transpose;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.Optional;

/** {@link LinearOps} by cuBLASLt. */
final class CudaLinearOps implements LinearOps {
  private final CudaContext context;
  private final MatrixProducts products;
  private final FrozenWeights weights;
  private final LowRank lowRank;
  private final FusedLowRank fused;

  CudaLinearOps(
      CudaContext context, MatrixProducts products, FrozenWeights weights, LowRank lowRank) {
    this.context = context;
    this.products = products;
    this.weights = weights;
    this.lowRank = lowRank;
    this.fused = new FusedLowRank(context);
  }

  @Override
  public FrozenLinear freeze(FrozenSource source) {
    return weights.freeze(source);
  }

  @Override
  public int spareColumns(int totalRank) {
    return context.computeType() == DType.BFLOAT16 ? FusedLowRank.spareColumns(totalRank) : 0;
  }

  @Override
  public void forward(FrozenLinear layer, LoraGroup lora, Tensor x, Tensor h, Tensor y) {
    forward(layer, lora, x, h, Optional.empty(), y);
  }

  @Override
  public void forwardWithResidual(
      FrozenLinear layer, LoraGroup lora, Tensor x, Tensor h, Tensor residual, Tensor y) {
    forward(layer, lora, x, h, Optional.of(residual), y);
  }

  private void forward(
      FrozenLinear layer, LoraGroup lora, Tensor x, Tensor h, Optional<Tensor> residual, Tensor y) {
    CudaFrozenLinear frozen = CudaFrozenLinear.of(layer);
    try (TensorScope scratch = context.scratch()) {
      Tensor weight = weights.expanded(frozen, scratch);
      boolean fits = fused.fits(lora, x, y);
      if (fits && FusedLowRank.hasRoom(lora, x, weight)) {
        fused.extend(lora, lowRank.dropped(lora, x, scratch), h, x, weight);
        int spare = spareColumns(lora.totalRank());
        products.run(
            added(product(x.withSpare(spare), weight.withSpare(spare), frozen, y), residual));
      } else if (fits) {
        fused.down(lora, lowRank.dropped(lora, x, scratch), h);
        fused.up(lora, h, residual, y);
        products.run(product(x, weight, frozen, y).plus(y));
      } else {
        products.run(added(product(x, weight, frozen, y), residual));
        lowRank.addForward(lora, x, h, y, scratch);
      }
    }
  }

  private static MatrixProducts.Product product(
      Tensor x, Tensor weight, CudaFrozenLinear frozen, Tensor y) {
    return MatrixProducts.Product.set(x, Transpose.NO, weight, Transpose.YES, y)
        .withBias(frozen.bias());
  }

  private static MatrixProducts.Product added(
      MatrixProducts.Product product, Optional<Tensor> residual) {
    return residual.map(product::plus).orElse(product);
  }

  @Override
  public void backward(
      FrozenLinear layer, LoraGroup lora, Tensor dy, Tensor x, Tensor h, Write write, Tensor dx) {
    backward(layer, lora, dy, FusedLowRank.Input.plain(x), h, write, dx);
  }

  @Override
  public void backwardNormed(
      FrozenLinear layer,
      LoraGroup lora,
      Tensor dy,
      RmsNormed x,
      Tensor h,
      Write write,
      Tensor dx) {
    if (lora.dropout().isEmpty() && fused.fits(lora, x.raw(), dy)) {
      backward(layer, lora, dy, FusedLowRank.Input.normalised(x), h, write, dx);
    } else {
      LinearOps.super.backwardNormed(layer, lora, dy, x, h, write, dx);
    }
  }

  /** Of an input that is not plain only where {@link FusedLowRank} takes it. */
  private void backward(
      FrozenLinear layer,
      LoraGroup lora,
      Tensor dy,
      FusedLowRank.Input input,
      Tensor h,
      Write write,
      Tensor dx) {
    Tensor x = input.x();
    CudaFrozenLinear frozen = CudaFrozenLinear.of(layer);
    Optional<Tensor> before = write == Write.ADD ? Optional.of(dx) : Optional.empty();
    try (TensorScope scratch = context.scratch()) {
      Tensor weight = weights.expanded(frozen, scratch);
      boolean fits = fused.fits(lora, x, dy);
      if (fits && lora.dropout().isEmpty() && FusedLowRank.hasRoom(lora, dy, weight)) {
        int spare = spareColumns(lora.totalRank());
        Tensor tall = FrozenWeights.withRowsBelow(weight, spare);
        fused.extendGradients(lora, dy, input, h, tall.rows(weight.rows(), spare), scratch);
        products.run(added(gradient(dy.withSpare(spare), tall, dx), before));
        return;
      }
      MatrixProducts.Product product = gradient(dy, weight, dx);
      if (!fits) {
        products.run(added(product, before));
        addGradients(lora, dy, x, h, dx, scratch);
        return;
      }
      FusedLowRank.Gradients gradients =
          fused.weightGradients(lora, dy, dropped(lora, input, scratch), h, scratch);
      if (lora.dropout().isPresent()) {
        products.run(added(product, before));
        Tensor part = scratch.allocate(dx.dtype(), dx.rows(), dx.columns());
        fused.inputGradient(lora, gradients, Optional.empty(), part);
        lowRank.addDropped(part, lora.dropout().orElseThrow(), dx);
      } else {
        fused.inputGradient(lora, gradients, before, dx);
        products.run(product.plus(dx));
      }
    }
  }

  private FusedLowRank.Input dropped(
      LoraGroup lora, FusedLowRank.Input input, TensorScope scratch) {
    return lora.dropout().isEmpty()
        ? input
        : FusedLowRank.Input.plain(lowRank.dropped(lora, input.x(), scratch));
  }

  private static MatrixProducts.Product gradient(Tensor dy, Tensor weight, Tensor dx) {
    return MatrixProducts.Product.set(dy, Transpose.NO, weight, Transpose.NO, dx);
  }

  private void addGradients(
      LoraGroup lora, Tensor dy, Tensor x, Tensor h, Tensor dx, TensorScope scratch) {
    if (!lora.isEmpty()) {
      Tensor low = lowRank.addWeightGradients(lora, dy, x, h, scratch);
      lowRank.addInputGradient(lora, low, dx, scratch);
    }
  }

  @Override
  public void backwardWeights(LoraGroup lora, Tensor dy, Tensor x, Tensor h) {
    if (lora.isEmpty()) {
      return;
    }
    try (TensorScope scratch = context.scratch()) {
      if (fused.fits(lora, x, dy)) {
        FusedLowRank.Input input = dropped(lora, FusedLowRank.Input.plain(x), scratch);
        fused.weightGradients(lora, dy, input, h, scratch);
      } else {
        lowRank.addWeightGradients(lora, dy, x, h, scratch);
      }
    }
  }

  @Override
  public void backwardWeightsNormed(LoraGroup lora, Tensor dy, RmsNormed x, Tensor h) {
    if (lora.dropout().isEmpty() && fused.fits(lora, x.raw(), dy)) {
      try (TensorScope scratch = context.scratch()) {
        fused.weightGradients(lora, dy, FusedLowRank.Input.normalised(x), h, scratch);
      }
    } else {
      LinearOps.super.backwardWeightsNormed(lora, dy, x, h);
    }
  }

  @Override
  public void product(Tensor a, Transpose opA, Tensor b, Transpose opB, Write write, Tensor c) {
    MatrixProducts.Product product = MatrixProducts.Product.set(a, opA, b, opB, c);
    products.run(write == Write.ADD ? product.plus(c) : product);
  }

  @Override
  public void addBias(Tensor bias, Tensor y) {
    products.addBias(bias, y);
  }

  @Override
  public void sumRows(Tensor x, Write write, Tensor sums) {
    context
        .launch("sum_rows")
        .matrix(x)
        .flag(CudaContext.isFloat(x))
        .tensor(sums)
        .flag(write == Write.ADD)
        .number(x.rows())
        .integer(x.columns())
        .run(new Kernels.Grid((x.columns() + 31) / 32, 1, 1), new Kernels.Block(32, 8), 0);
  }

  @Override
  public void scaleColumns(Tensor x, Tensor scales, Write write, Tensor y) {
    context
        .launch("scale_columns")
        .matrix(x)
        .flag(CudaContext.isFloat(x))
        .tensor(scales)
        .matrix(y)
        .flag(CudaContext.isFloat(y))
        .flag(write == Write.ADD)
        .number(y.shape().elements())
        .integer(y.columns())
        .each(y.shape().elements());
  }

  @Override
  public void sumRowProducts(Tensor a, Tensor b, Write write, Tensor sums) {
    context
        .launch("sum_row_products")
        .matrix(a)
        .flag(CudaContext.isFloat(a))
        .matrix(b)
        .flag(CudaContext.isFloat(b))
        .tensor(sums)
        .flag(write == Write.ADD)
        .number(a.rows())
        .integer(a.columns())
        .run(new Kernels.Grid((a.columns() + 31) / 32, 1, 1), new Kernels.Block(32, 8), 0);
  }
}
