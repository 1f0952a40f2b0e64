package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.GatedOps;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;

/**
 * {@link GatedOps}: on compute capability 9.0 and in bfloat16 by products of its own with SwiGLU
 * behind them, else one primitive after the other.
 */
final class CudaGatedOps implements GatedOps {
  /** Fewer rows leave most multiprocessors idle. */
  private static final int FEWEST_ROWS = 256;

  private static final int WIDTH = 8;
  private static final int TILE_ROWS = 128;
  private static final int BOX_ROWS = 64;
  private static final int THREADS = 384;
  private static final int STAGE_BYTES = (TILE_ROWS + 256) * 64 * Short.BYTES;
  private static final int PANEL_BYTES = BOX_ROWS * 64 * Short.BYTES;
  private static final int SHARED_BYTES = 3 * STAGE_BYTES + 8 * PANEL_BYTES + 1024;

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
    this.source = context.source(List.of("copies.cu", "warpgroup.cu", "gated.cu"));
  }

  /** Whether the kernels take these matrices of rows of whole vectors. */
  private boolean takes(CudaFrozenLinear layer, Tensor rows, Tensor... matrices) {
    return context.device().hasWarpgroupProducts()
        && context.computeType() == DType.BFLOAT16
        && layer.bias().isEmpty()
        && rows.rows() >= FEWEST_ROWS
        && CudaContext.vectorWidth(WIDTH, matrices) == WIDTH;
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
      if ((!lora.isEmpty() && !extended) || CudaContext.vectorWidth(WIDTH, weight) < WIDTH) {
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
              .block(maps.of(left, TILE_ROWS))
              .block(maps.of(weight.withSpare(spare), TILE_ROWS))
              .block(maps.of(gateUp.columns(0, columns), BOX_ROWS))
              .block(maps.of(gateUp.columns(columns, columns), BOX_ROWS))
              .matrix(operands.activated()),
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
      if ((!lora.isEmpty() && !extended) || CudaContext.vectorWidth(WIDTH, weight) < WIDTH) {
        separate.backward(layer, lora, operands);
        return;
      }
      int spare = extended ? FusedLowRank.spareColumns(lora.totalRank()) : 0;
      Tensor right = weight;
      if (extended) {
        right = FrozenWeights.withRowsBelow(weight, spare);
        Tensor below = right.rows(weight.rows(), spare);
        FusedLowRank.Input activated = FusedLowRank.Input.plain(operands.activated());
        fused.extendGradients(lora, dy, activated, operands.h(), below, scratch);
      }
      Tensor left = dy.withSpare(spare);
      maps.begin();
      launch(
          context
              .kernels()
              .launch(source, "gated_backward")
              .block(maps.of(left, TILE_ROWS))
              .block(maps.of(right, BOX_ROWS))
              .matrix(gateUp),
          left,
          columns);
    }
  }

  private void launch(Kernels.Launch launch, Tensor left, long columns) {
    launch
        .integer(left.rows())
        .integer(left.columns())
        .integer(columns)
        .run(
            new Kernels.Grid(context.device().multiprocessors(), 1, 1),
            new Kernels.Block(THREADS, 1),
            SHARED_BYTES);
  }

  void close() {
    maps.close();
  }
}
