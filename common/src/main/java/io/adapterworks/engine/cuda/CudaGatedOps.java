package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.GatedOps;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;

/**
 * {@link GatedOps}: on compute capability 9.0 and in bfloat16 by products of its own with SwiGLU in
 * their epilogue, else one primitive after the other.
 */
final class CudaGatedOps implements GatedOps {
  private static final int WIDTH = 8;

  private final CudaContext context;
  private final FrozenWeights weights;
  private final LowRank lowRank;
  private final FusedLowRank fused;
  private final GatedOps separate;
  private final Kernels.Source source;
  private final TensorMaps maps = new TensorMaps();

  CudaGatedOps(CudaContext context, FrozenWeights weights, LowRank lowRank, GatedOps separate) {
    this.context = context;
    this.weights = weights;
    this.lowRank = lowRank;
    this.fused = new FusedLowRank(context);
    this.separate = separate;
    this.source = context.source(List.of("copies.cu", "products.cu", "gated.cu"));
  }

  /** Whether the kernels take these matrices of rows of whole vectors. */
  private boolean takes(CudaFrozenLinear layer, Tensor rows, Tensor... matrices) {
    return layer.bias().isEmpty() && OwnProducts.takes(context, rows.rows(), matrices);
  }

  @Override
  public void forward(FrozenLinear layer, LoraGroup lora, Forward operands) {
    CudaFrozenLinear frozen = CudaFrozenLinear.of(layer);
    Tensor x = operands.x();
    Tensor gateUp = operands.gateUp();
    long columns = gateUp.columns() / 2;
    if (columns % WIDTH > 0 || !takes(frozen, x, x, gateUp, operands.activated())) {
      separate.forward(layer, lora, operands);
      return;
    }
    try (TensorScope scratch = context.scratch()) {
      Tensor weight = weights.expanded(frozen, scratch);
      boolean extended = fused.fits(lora, x, gateUp) && FusedLowRank.hasRoom(lora, x, weight);
      if (!lora.isEmpty() && !extended || CudaContext.vectorWidth(WIDTH, weight) < WIDTH) {
        separate.forward(layer, lora, operands);
        return;
      }
      int spare = extended ? FusedLowRank.spareColumns(lora.totalRank()) : 0;
      if (extended) {
        fused.extend(lora, lowRank.dropped(lora, x, scratch), operands.h(), x, weight);
      }
      Tensor left = x.withSpare(spare);
      maps.begin();
      launch(
          context
              .kernels()
              .launch(source, "gated_forward")
              .block(maps.of(left, OwnProducts.TILE_ROWS))
              .block(maps.of(weight.withSpare(spare), OwnProducts.TILE_ROWS))
              .block(maps.of(gateUp.columns(0, columns), OwnProducts.BOX_ROWS))
              .block(maps.of(gateUp.columns(columns, columns), OwnProducts.BOX_ROWS))
              .block(maps.of(operands.activated(), OwnProducts.BOX_ROWS)),
          left,
          columns);
    }
  }

  @Override
  public void backward(FrozenLinear layer, LoraGroup lora, Backward operands) {
    CudaFrozenLinear frozen = CudaFrozenLinear.of(layer);
    Tensor dy = operands.dy();
    Tensor gateUp = operands.gateUp();
    long columns = gateUp.columns() / 2;
    if (columns % WIDTH > 0 || !takes(frozen, dy, dy, gateUp)) {
      separate.backward(layer, lora, operands);
      return;
    }
    try (TensorScope scratch = context.scratch()) {
      Tensor weight = weights.expanded(frozen, scratch);
      boolean extended =
          fused.fits(lora, operands.activated(), dy)
              && lora.dropout().isEmpty()
              && FusedLowRank.hasRoom(lora, dy, weight);
      if (!lora.isEmpty() && !extended || CudaContext.vectorWidth(WIDTH, weight) < WIDTH) {
        separate.backward(layer, lora, operands);
        return;
      }
      int spare = extended ? FusedLowRank.spareColumns(lora.totalRank()) : 0;
      Tensor right = weight;
      if (extended) {
        right = FrozenWeights.withRowsBelow(weight, spare);
        Tensor below = right.rows(weight.rows(), spare);
        fused.extendGradients(lora, dy, operands.activated(), operands.h(), below, scratch);
      }
      Tensor left = dy.withSpare(spare);
      maps.begin();
      launch(
          context
              .kernels()
              .launch(source, "gated_backward")
              .block(maps.of(left, OwnProducts.TILE_ROWS))
              .block(maps.of(right, OwnProducts.BOX_ROWS))
              .block(maps.of(gateUp.columns(0, columns), OwnProducts.BOX_ROWS))
              .block(maps.of(gateUp.columns(columns, columns), OwnProducts.BOX_ROWS)),
          left,
          columns);
    }
  }

  private void launch(Kernels.Launch launch, Tensor left, long columns) {
    OwnProducts.run(
        context, launch.integer(left.rows()).integer(left.columns()).integer(columns));
  }

  void close() {
    maps.close();
  }
}
