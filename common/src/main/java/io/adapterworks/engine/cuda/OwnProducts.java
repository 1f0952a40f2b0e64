package io.adapterworks.engine.cuda;

import io.adapterworks.engine.Transpose;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.List;

/**
 * Large bfloat16 products by kernels of the engine's own, on compute capability 9.0. Under a card's
 * power limit some shapes are faster so than by any of cuBLASLt's algorithms.
 */
final class OwnProducts implements AutoCloseable {
  /** Rows of a box of the left matrix, and of a right matrix that lies by columns. */
  static final int TILE_ROWS = 128;

  /** Rows of all other boxes. */
  static final int BOX_ROWS = 64;

  private static final int WIDTH = 8;
  private static final int FEWEST_ROWS = 256;
  private static final int THREADS = 384;
  private static final int BOX_COLUMNS = 64;
  private static final int TILE_COLUMNS = 256;
  private static final int STAGES = 3;
  private static final int PANELS = 10;
  private static final int ALIGNMENT = 1024;
  private static final int SHARED_BYTES =
      (STAGES * (TILE_ROWS + TILE_COLUMNS) + PANELS * BOX_ROWS) * BOX_COLUMNS * Short.BYTES
          + ALIGNMENT;

  private final CudaContext context;
  private final Kernels.Source source;
  private final TensorMaps maps = new TensorMaps();

  OwnProducts(CudaContext context) {
    this.context = context;
    this.source = context.source(List.of("copies.cu", "products.cu", "plain_products.cu"));
  }

  /** True where the copy engine can bring matrices of so many rows. */
  static boolean takes(CudaContext context, long rows, Tensor... matrices) {
    return context.device().hasWarpgroupProducts()
        && context.computeType() == DType.BFLOAT16
        && rows >= FEWEST_ROWS
        && CudaContext.vectorWidth(WIDTH, matrices) == WIDTH;
  }

  boolean takes(MatrixProducts.Product product) {
    Tensor y = product.y();
    return product.a().dtype() == DType.BFLOAT16
        && product.b().dtype() == DType.BFLOAT16
        && y.dtype() == DType.BFLOAT16
        && product.opA() == Transpose.NO
        && product.alpha() == 1
        && product.bias().isEmpty()
        && product.addend().orElse(y).dtype() == DType.BFLOAT16
        && takes(context, product.m(), product.a(), product.b(), y, product.addend().orElse(y));
  }

  void run(MatrixProducts.Product product) {
    boolean byColumns = product.opB() == Transpose.YES;
    maps.begin();
    Kernels.Launch launch =
        context
            .kernels()
            .launch(source, byColumns ? "product_by_columns" : "product_by_rows")
            .block(maps.of(product.a(), TILE_ROWS))
            .block(maps.of(product.b(), byColumns ? TILE_ROWS : BOX_ROWS))
            .block(maps.of(product.y(), BOX_ROWS))
            .block(maps.of(product.addend().orElse(product.y()), BOX_ROWS))
            .integer(product.m())
            .integer(product.k())
            .integer(product.n())
            .flag(product.addend().isPresent());
    run(context, launch);
  }

  /** Runs a kernel made of products.cu: its blocks stay and share the tiles. */
  static void run(CudaContext context, Kernels.Launch launch) {
    launch.run(
        new Kernels.Grid(context.device().multiprocessors(), 1, 1),
        new Kernels.Block(THREADS, 1),
        SHARED_BYTES);
  }

  @Override
  public void close() {
    maps.close();
  }
}
