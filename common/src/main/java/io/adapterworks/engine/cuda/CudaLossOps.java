package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.LossOps;
import io.adapterworks.engine.Transpose;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;

/** {@link LossOps}: one block a row of logits. */
final class CudaLossOps implements LossOps {
  private static final int ROW_UNIT = 128;
  private static final int BLOCK = 512;

  /** Blocks that share a multiprocessor: one reads its row while another writes its own. */
  private static final int BLOCKS_AT_ONCE = 2;

  /** What a kernel needs of a block's shared memory besides. */
  private static final int OTHER_SHARED_BYTES = 2 << 10;

  private final CudaContext context;
  private final MatrixProducts products;
  private final FrozenWeights weights;

  CudaLossOps(CudaContext context, MatrixProducts products, FrozenWeights weights) {
    this.context = context;
    this.products = products;
    this.weights = weights;
  }

  /** Where the loss and the hit of each row go before they are added up. */
  private record RowResults(Tensor loss, Tensor hit) {
    static RowResults allocate(TensorScope scratch, long rows) {
      return new RowResults(
          scratch.allocate(DType.FLOAT32, rows), scratch.allocate(DType.FLOAT32, rows));
    }

    RowResults rows(long from, long count) {
      return new RowResults(loss.columns(from, count), hit.columns(from, count));
    }
  }

  @Override
  public void softmaxCrossEntropy(
      Tensor logits, Tensor labels, float smoothing, float scale, Tensor dLogits, Tensor loss) {
    try (TensorScope scratch = context.scratch()) {
      RowResults results = RowResults.allocate(scratch, logits.rows());
      Kernels.Launch launch =
          context.launch("cross_entropy_float").tensor(logits).tensor(labels).real(smoothing);
      score(launch.real(scale), logits, dLogits, results).run(rows(logits), block(BLOCK), 0);
      finish(results, loss);
    }
  }

  /** The logits of a chunk, in the compute type. */
  @Override
  public long vocabularyRoom(FrozenLinear head, long rows) {
    return Math.multiplyExact(rows, head.out());
  }

  /**
   * Logits are made in the compute type, a chunk of rows at a time, and their gradient takes their
   * place; the softmax is computed in float32. Each chunk reads the weights twice: the more rows
   * the better.
   */
  @Override
  public void vocabularyCrossEntropy(FrozenLinear head, Scored scored, Tensor room) {
    Tensor x = scored.x();
    long chunk = chunkRows(room.shape().elements() / head.out(), x.rows());
    Tensor logits = room.view(0, Shape.of(chunk, head.out()));
    try (TensorScope scratch = context.scratch()) {
      Tensor weight = weights.expanded(CudaFrozenLinear.of(head), scratch);
      RowResults results = RowResults.allocate(scratch, x.rows());
      for (long row = 0; row < x.rows(); row += chunk) {
        long rows = Math.min(chunk, x.rows() - row);
        Tensor part = logits.rows(0, rows);
        products.run(
            MatrixProducts.Product.set(
                x.rows(row, rows), Transpose.NO, weight, Transpose.YES, part));
        Kernels.Launch launch =
            context
                .launch("cross_entropy")
                .tensor(part)
                .tensor(scored.labels().columns(row, rows))
                .real(0);
        long held = heldLogits(part);
        score(launch.real(scored.scale()), part, part, results.rows(row, rows))
            .number(held)
            .run(rows(part), block(BLOCK), Math.toIntExact(held * Short.BYTES));
        products.run(
            MatrixProducts.Product.set(
                part, Transpose.NO, weight, Transpose.NO, scored.dx().rows(row, rows)));
      }
      finish(results, scored.loss());
    }
  }

  /** Whole tiles of a product where there is room for one. */
  private static long chunkRows(long fitting, long rows) {
    Check.that(
        fitting > 0 || rows == 0, ErrorCode.MODEL, "no room for a row of logits of %d", rows);
    long whole = fitting < ROW_UNIT ? fitting : fitting / ROW_UNIT * ROW_UNIT;
    return Math.min(rows, whole);
  }

  private static Kernels.Grid rows(Tensor logits) {
    return new Kernels.Grid(logits.rows(), 1, 1);
  }

  private static Kernels.Block block(int threads) {
    return new Kernels.Block(threads, 1);
  }

  /** How many logits of a row shared memory holds: whole vectors of bfloat16. */
  private long heldLogits(Tensor logits) {
    int width = CudaContext.vectorWidth(logits.columns(), logits);
    if (context.computeType() != DType.BFLOAT16 || width == 1) {
      return 0;
    }
    long room = (long) (context.device().sharedBytes() / BLOCKS_AT_ONCE) - OTHER_SHARED_BYTES;
    return Math.min(logits.columns(), room / Short.BYTES / width * width);
  }

  private static Kernels.Launch score(
      Kernels.Launch launch, Tensor logits, Tensor dLogits, RowResults results) {
    return launch
        .tensor(dLogits)
        .tensor(results.loss())
        .tensor(results.hit())
        .number(dLogits.columns())
        .integer(CudaContext.vectorWidth(dLogits.columns(), logits, dLogits));
  }

  /** Adds the losses to loss[0], and the hits to loss[1] where there is one. */
  private void finish(RowResults results, Tensor loss) {
    context
        .launch("loss_finish")
        .tensor(results.loss())
        .tensor(results.hit())
        .number(results.loss().columns())
        .tensor(loss)
        .flag(loss.shape().elements() > 1)
        .run(new Kernels.Grid(1, 1, 1), new Kernels.Block(BLOCK, 1), 0);
  }
}
