package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.FrozenSource;
import io.adapterworks.engine.LinearOps;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.Transpose;
import io.adapterworks.engine.Write;
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
      MatrixProducts.Product product =
          MatrixProducts.Product.set(
                  x, Transpose.NO, weights.expanded(frozen, scratch), Transpose.YES, y)
              .withBias(frozen.bias());
      if (fused.fits(lora, x, y)) {
        fused.forward(lora, lowRank.dropped(lora, x, scratch), h, residual, y);
        products.run(product.plus(y));
      } else {
        products.run(residual.map(product::plus).orElse(product));
        lowRank.addForward(lora, x, h, y, scratch);
      }
    }
  }

  @Override
  public void backward(
      FrozenLinear layer, LoraGroup lora, Tensor dy, Tensor x, Tensor h, Write write, Tensor dx) {
    CudaFrozenLinear frozen = CudaFrozenLinear.of(layer);
    try (TensorScope scratch = context.scratch()) {
      MatrixProducts.Product set =
          MatrixProducts.Product.set(
              dy, Transpose.NO, weights.expanded(frozen, scratch), Transpose.NO, dx);
      MatrixProducts.Product product = write == Write.ADD ? set.plus(dx) : set;
      if (!fused.fits(lora, x, dy)) {
        products.run(product);
        addGradients(lora, dy, x, h, dx, scratch);
        return;
      }
      Tensor dropped = lowRank.dropped(lora, x, scratch);
      FusedLowRank.Gradients gradients = fused.weightGradients(lora, dy, dropped, h, scratch);
      if (lora.dropout().isPresent()) {
        products.run(product);
        Tensor part = scratch.allocate(dx.dtype(), dx.rows(), dx.columns());
        fused.inputGradient(lora, gradients, x, Optional.empty(), part);
        lowRank.addDropped(part, lora.dropout().orElseThrow(), dx);
      } else {
        fused.inputGradient(lora, gradients, x, product.addend(), dx);
        products.run(set.plus(dx));
      }
    }
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
        fused.weightGradients(lora, dy, lowRank.dropped(lora, x, scratch), h, scratch);
      } else {
        lowRank.addWeightGradients(lora, dy, x, h, scratch);
      }
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
}
