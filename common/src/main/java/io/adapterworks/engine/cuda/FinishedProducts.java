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

  /**
   * What is multiplied, the low-rank part included.
   *
   * @param boxRows of the boxes that the right one is cut into
   */
  record Operands(Tensor left, Tensor right, int boxRows) {}

  /**
   * The tensors of a layer.
   *
   * @param x (N, in)
   * @param h (N, totalRank), the narrow one of its pairs
   * @param y (N, out), or in backward its gradient, whose spare columns are overwritten
   * @param finished what the kernel's finishing warps read and write, in whole vectors
   */
  record Layer(Tensor x, Tensor h, Tensor y, List<Tensor> finished) {}

  /** Launches a product, and what else needs the same working memory. */
  interface Launcher {
    void launch(Operands operands, TensorScope scratch);
  }

  /**
   * Multiplies x with the layer's weights, pairs included; sets h.
   *
   * @return false where the kernels do not take these tensors: nothing was done
   */
  boolean forward(FrozenLinear layer, LoraGroup lora, Layer tensors, Launcher launcher) {
    Tensor x = tensors.x();
    if (!takes(layer, lora, tensors, x)) {
      return false;
    }
    try (TensorScope scratch = context.scratch()) {
      Tensor weight = weights.expanded(CudaFrozenLinear.of(layer), scratch);
      if (!hasRoom(lora, x, weight)) {
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
   * Multiplies y's gradient with the layer's weights, pairs included; adds to the pairs' gradients.
   *
   * @return false where the kernels do not take these tensors: nothing was done
   */
  boolean backward(FrozenLinear layer, LoraGroup lora, Layer tensors, Launcher launcher) {
    Tensor dy = tensors.y();
    boolean masked = !lora.isEmpty() && lora.dropout().isPresent();
    if (masked || !takes(layer, lora, tensors, dy)) {
      return false;
    }
    try (TensorScope scratch = context.scratch()) {
      Tensor weight = weights.expanded(CudaFrozenLinear.of(layer), scratch);
      if (!hasRoom(lora, dy, weight)) {
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

  /** Whether the kernels take the tensors, of which {@code left} is multiplied. */
  private boolean takes(FrozenLinear layer, LoraGroup lora, Layer tensors, Tensor left) {
    Tensor[] finished = tensors.finished().toArray(Tensor[]::new);
    return context.device().hasWarpgroupProducts()
        && context.computeType() == DType.BFLOAT16
        && CudaFrozenLinear.of(layer).bias().isEmpty()
        && left.rows() >= FEWEST_ROWS
        && Arrays.stream(finished).allMatch(matrix -> matrix.columns() % WIDTH == 0)
        && CudaContext.vectorWidth(WIDTH, left) == WIDTH
        && CudaContext.vectorWidth(WIDTH, finished) == WIDTH
        && (lora.isEmpty() || fused.fits(lora, tensors.x(), tensors.y()));
  }

  private static boolean hasRoom(LoraGroup lora, Tensor left, Tensor weight) {
    return CudaContext.vectorWidth(WIDTH, weight) == WIDTH
        && (lora.isEmpty() || FusedLowRank.hasRoom(lora, left, weight));
  }

  private static int spare(LoraGroup lora) {
    return lora.isEmpty() ? 0 : FusedLowRank.spareColumns(lora.totalRank());
  }

  /** Begins a launch, and no other until it is run: the operands' maps come first. */
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
