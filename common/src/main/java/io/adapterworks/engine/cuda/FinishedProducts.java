package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Products of a frozen layer with its low-rank part whose results other warps finish while the next
 * ones are multiplied, see finished.cu: on compute capability 9.0 and in bfloat16.
 */
final class FinishedProducts implements AutoCloseable {
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
  private final TensorMaps maps = new TensorMaps();

  FinishedProducts(CudaContext context, FrozenWeights weights, LowRank lowRank) {
    this.context = context;
    this.weights = weights;
    this.lowRank = lowRank;
    this.fused = new FusedLowRank(context);
  }

  /** These resources after those that all such products share. */
  Kernels.Source source(List<String> resources, String... macros) {
    List<String> shared = List.of("copies.cu", "warpgroup.cu", "finished.cu");
    return context.source(Stream.concat(shared.stream(), resources.stream()).toList(), macros);
  }

  /** Whether the kernels take such matrices, of rows of whole vectors. */
  boolean takes(FrozenLinear layer, Tensor rows, Tensor... matrices) {
    return context.device().hasWarpgroupProducts()
        && context.computeType() == DType.BFLOAT16
        && CudaFrozenLinear.of(layer).bias().isEmpty()
        && rows.rows() >= FEWEST_ROWS
        && Arrays.stream(matrices).allMatch(matrix -> matrix.columns() % WIDTH == 0)
        && CudaContext.vectorWidth(WIDTH, rows) == WIDTH
        && CudaContext.vectorWidth(WIDTH, matrices) == WIDTH;
  }

  /**
   * What is multiplied, the low-rank part included.
   *
   * @param boxRows of the boxes that the right one is cut into
   */
  record Operands(Tensor left, Tensor right, int boxRows) {}

  /** A layer's input (N, in), the narrow (N, totalRank) of its pairs, and its output (N, out). */
  record Layer(Tensor x, Tensor h, Tensor y) {}

  /** Launches a product, and what else needs the same working memory. */
  interface Launcher {
    void launch(Operands operands, TensorScope scratch);
  }

  /**
   * y = the layer of x with its pairs; sets h.
   *
   * @return false where the low-rank part does not fit in: nothing was done
   */
  boolean forward(FrozenLinear layer, LoraGroup lora, Layer tensors, Launcher launcher) {
    Tensor x = tensors.x();
    try (TensorScope scratch = context.scratch()) {
      Tensor weight = weights.expanded(CudaFrozenLinear.of(layer), scratch);
      if (!fits(lora, x, tensors.y(), weight, x)) {
        return false;
      }
      int spare = spare(lora);
      if (!lora.isEmpty()) {
        fused.extend(lora, lowRank.dropped(lora, x, scratch), tensors.h(), x, weight);
      }
      Tensor right = weight.withSpare(spare);
      launcher.launch(new Operands(x.withSpare(spare), right, TILE_ROWS), scratch);
      return true;
    }
  }

  /**
   * x's gradient, from y's in its place; adds to the pairs' gradients.
   *
   * @return false where the low-rank part does not fit in: nothing was done
   */
  boolean backward(FrozenLinear layer, LoraGroup lora, Layer tensors, Launcher launcher) {
    Tensor dy = tensors.y();
    try (TensorScope scratch = context.scratch()) {
      Tensor weight = weights.expanded(CudaFrozenLinear.of(layer), scratch);
      if (lora.dropout().isPresent() || !fits(lora, tensors.x(), dy, weight, dy)) {
        return false;
      }
      int spare = spare(lora);
      Tensor right = weight;
      if (!lora.isEmpty()) {
        right = FrozenWeights.withRowsBelow(weight, spare);
        Tensor below = right.rows(weight.rows(), spare);
        FusedLowRank.Input x = FusedLowRank.Input.plain(tensors.x());
        fused.extendGradients(lora, dy, x, tensors.h(), below, scratch);
      }
      launcher.launch(new Operands(dy.withSpare(spare), right, BOX_ROWS), scratch);
      return true;
    }
  }

  private boolean fits(LoraGroup lora, Tensor x, Tensor y, Tensor weight, Tensor extended) {
    boolean together =
        lora.isEmpty() || (fused.fits(lora, x, y) && FusedLowRank.hasRoom(lora, extended, weight));
    return together && CudaContext.vectorWidth(WIDTH, weight) == WIDTH;
  }

  private static int spare(LoraGroup lora) {
    return lora.isEmpty() ? 0 : FusedLowRank.spareColumns(lora.totalRank());
  }

  /** Begins a launch: the operands' maps come first. */
  Kernels.Launch begin(Kernels.Source source, String kernel, Operands operands) {
    maps.begin();
    return context
        .kernels()
        .launch(source, kernel)
        .block(maps.of(operands.left(), TILE_ROWS))
        .block(maps.of(operands.right(), operands.boxRows()));
  }

  /** Gives a matrix that the copy engine writes. */
  void written(Kernels.Launch launch, Tensor matrix) {
    launch.block(maps.of(matrix, BOX_ROWS));
  }

  /** Gives the sizes, which come last, and runs. */
  void run(Kernels.Launch launch, Operands operands, long columns) {
    launch
        .integer(operands.left().rows())
        .integer(operands.left().columns())
        .integer(columns)
        .run(
            new Kernels.Grid(context.device().multiprocessors(), 1, 1),
            new Kernels.Block(THREADS, 1),
            SHARED_BYTES);
  }

  @Override
  public void close() {
    maps.close();
  }
}
