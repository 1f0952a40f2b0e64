package io.adapterworks.engine.cuda;

import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.LoraSlice;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;
import java.util.Optional;

/**
 * The low-rank part of a linear layer by kernels of its own, all slices at once, in bfloat16. What
 * is added to a product is written first, so that the product's epilogue picks it up: each large
 * tensor is touched once.
 */
final class FusedLowRank {
  private static final int MOST_SLICES = 4;
  private static final int MOST_RANK = 64;
  private static final int RANK_UNIT = 8;
  private static final int COLUMN_UNIT = 32;

  private static final int DOWN_THREADS = 512;
  private static final int DOWN_ROWS = 32;
  private static final int DOWN_TILES = 4;
  private static final int UP_COLUMNS = 256;
  private static final int UP_ROWS = 64;
  private static final int GRADIENT_COLUMNS = 64;
  private static final int GRADIENT_RANKS = 32;
  private static final int GRADIENT_SHARED_BYTES = 32 << 10;
  private static final int MOST_SPLITS = 4;
  private static final int ROWS_A_SPLIT = 256;

  private final CudaContext context;
  private final Kernels.Source source;

  FusedLowRank(CudaContext context) {
    this.context = context;
    this.source = context.source(List.of("low_rank.cu", "low_rank_gradient.cu"));
  }

  /** The tensors of one call; those a kernel does not touch may be absent. */
  private record Operands(
      Tensor x,
      Optional<Tensor> dy,
      Optional<Tensor> y,
      Optional<Tensor> residual,
      Tensor h,
      Optional<Gradients> gradients) {}

  /** Working memory of backward. */
  record Gradients(Tensor u, Tensor aColumns, Tensor bRows, Tensor parts) {}

  /** True where these kernels take the group. */
  boolean fits(LoraGroup lora, Tensor x, Tensor y) {
    boolean sliced =
        lora.slices().stream()
            .allMatch(
                slice ->
                    slice.rank() % RANK_UNIT == 0
                        && slice.out() % COLUMN_UNIT == 0
                        && slice.outOffset() % COLUMN_UNIT == 0
                        && CudaContext.vectorWidth(slice.rank(), slice.a(), slice.b()) > 1);
    return context.computeType() == DType.BFLOAT16
        && !lora.isEmpty()
        && lora.slices().size() <= MOST_SLICES
        && lora.totalRank() <= MOST_RANK
        && x.columns() % COLUMN_UNIT == 0
        && y.columns() % COLUMN_UNIT == 0
        && sliced
        && CudaContext.vectorWidth(COLUMN_UNIT, x, y) > 1;
  }

  /** Sets h = x·Aᵀ and y = residual + scale · h·Bᵀ. */
  void forward(LoraGroup lora, Tensor x, Tensor h, Optional<Tensor> residual, Tensor y) {
    Operands operands =
        new Operands(x, Optional.empty(), Optional.of(y), residual, h, Optional.empty());
    launch("lora_down", lora, operands)
        .run(
            new Kernels.Grid(
                ceil(x.rows(), DOWN_ROWS), ceil(lora.totalRank() / RANK_UNIT, DOWN_TILES), 1),
            new Kernels.Block(DOWN_THREADS, 1),
            downSharedBytes(lora.totalRank()));
    launch("lora_up", lora, operands).run(upGrid(y), new Kernels.Block(Kernels.BLOCK, 1), 0);
  }

  /** dB += scale · dyᵀ·h and dA += uᵀ·x, u = scale · dy·B; gives back u and A for dx. */
  Gradients weightGradients(LoraGroup lora, Tensor dy, Tensor x, Tensor h, TensorScope scratch) {
    long rank = lora.totalRank();
    long size = rank * x.columns();
    long blocks = ceil(x.columns(), GRADIENT_COLUMNS) * ceil(rank, GRADIENT_RANKS);
    long widest = x.columns();
    int largest = 0;
    for (LoraSlice slice : lora.slices()) {
      size += (long) slice.rank() * slice.out();
      blocks += ceil(slice.out(), GRADIENT_COLUMNS) * ceil(slice.rank(), GRADIENT_RANKS);
      widest = Math.max(widest, slice.out());
      largest = Math.max(largest, slice.rank());
    }
    Gradients gradients =
        new Gradients(
            scratch.allocate(DType.BFLOAT16, x.rows(), rank),
            scratch.allocate(DType.BFLOAT16, x.columns(), rank),
            scratch.allocate(DType.BFLOAT16, rank, dy.columns()),
            scratch.allocate(DType.FLOAT32, splits(x.rows()), size));
    Operands operands =
        new Operands(
            x, Optional.of(dy), Optional.empty(), Optional.empty(), h, Optional.of(gradients));
    launch("lora_transpose", lora, operands)
        .run(
            new Kernels.Grid(ceil(widest, Kernels.BLOCK), lora.slices().size(), 1),
            new Kernels.Block(Kernels.BLOCK, 1),
            0);
    long tiles = ceil(largest / RANK_UNIT, DOWN_TILES);
    launch("lora_low_gradient", lora, operands)
        .run(
            new Kernels.Grid(ceil(x.rows(), DOWN_ROWS), lora.slices().size() * tiles, 1),
            new Kernels.Block(DOWN_THREADS, 1),
            downSharedBytes(largest));
    launch("lora_gradient_parts", lora, operands)
        .run(
            new Kernels.Grid(blocks, splits(x.rows()), 1),
            new Kernels.Block(Kernels.BLOCK, 1),
            GRADIENT_SHARED_BYTES);
    launch("lora_gradient_sum", lora, operands).each(size);
    return gradients;
  }

  /** Sets dx = before + u·A, before being nothing or dx itself. */
  void inputGradient(
      LoraGroup lora, Gradients gradients, Tensor x, Optional<Tensor> before, Tensor dx) {
    launch(
            "lora_input_gradient",
            lora,
            new Operands(
                x,
                Optional.empty(),
                Optional.of(dx),
                before,
                gradients.u(),
                Optional.of(gradients)))
        .run(upGrid(dx), new Kernels.Block(Kernels.BLOCK, 1), 0);
  }

  private static Kernels.Grid upGrid(Tensor y) {
    return new Kernels.Grid(ceil(y.columns(), UP_COLUMNS), ceil(y.rows(), UP_ROWS), 1);
  }

  private static int downSharedBytes(int rank) {
    int tiles = Math.min(rank / RANK_UNIT, DOWN_TILES);
    return DOWN_THREADS / 32 * DOWN_ROWS * RANK_UNIT * tiles * Float.BYTES;
  }

  private static long splits(long tokens) {
    return Math.max(1, Math.min(MOST_SPLITS, tokens / ROWS_A_SPLIT));
  }

  private static long ceil(long count, long unit) {
    return (count + unit - 1) / unit;
  }

  /** The fields of the kernels' struct Group, in its order. */
  private Kernels.Launch launch(String name, LoraGroup lora, Operands operands) {
    Optional<Gradients> gradients = operands.gradients();
    long out = operands.dy().or(operands::y).map(Tensor::columns).orElseThrow();
    Kernels.Launch launch =
        context
            .kernels()
            .launch(source, name)
            .tensor(operands.x())
            .number(operands.dy().map(CudaStorage::address).orElse(0L))
            .number(operands.y().map(CudaStorage::address).orElse(0L))
            .number(operands.residual().map(CudaStorage::address).orElse(0L))
            .tensor(operands.h())
            .number(gradients.map(g -> CudaStorage.address(g.u())).orElse(0L))
            .number(gradients.map(g -> CudaStorage.address(g.aColumns())).orElse(0L))
            .number(gradients.map(g -> CudaStorage.address(g.bRows())).orElse(0L))
            .number(gradients.map(g -> CudaStorage.address(g.parts())).orElse(0L))
            .number(gradients.map(g -> g.parts().columns()).orElse(0L))
            .number(operands.x().rows())
            .number(operands.x().columns())
            .number(out)
            .number(lora.totalRank())
            .number(lora.slices().size())
            .number(splits(operands.x().rows()));
    long column = 0;
    for (LoraSlice slice : lora.slices()) {
      launch
          .tensor(slice.a())
          .tensor(slice.b())
          .tensor(slice.dA())
          .tensor(slice.dB())
          .number(slice.outOffset())
          .number(slice.out())
          .number(slice.rank())
          .number(column)
          .real(slice.scale());
      column += slice.rank();
    }
    return launch;
  }
}
