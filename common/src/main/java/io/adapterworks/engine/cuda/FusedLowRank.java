package io.adapterworks.engine.cuda;

import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.LoraSlice;
import io.adapterworks.engine.RmsNormed;
import io.adapterworks.engine.cuda.LowRankArguments.Role;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;
import java.util.Optional;

/**
 * The low-rank part of a linear layer by kernels of its own, all slices at once, in bfloat16. Where
 * operands and weights have columns to spare, the narrow factors go there and one product computes
 * both parts; else what is added to a product is written first, so that its epilogue picks it up.
 */
final class FusedLowRank {
  private static final int MOST_SLICES = 4;
  private static final int MOST_RANK = 64;
  private static final int RANK_UNIT = 8;
  private static final int COLUMN_UNIT = 32;
  private static final int SPARE_UNIT = 64;

  private static final int DOWN_THREADS = 512;
  private static final int DOWN_ROWS = 32;
  private static final int DOWN_TILES = 4;
  private static final int UP_COLUMNS = 256;
  private static final int UP_ROWS = 64;
  private static final int GRADIENT_COLUMNS = 64;
  private static final int GRADIENT_RANKS = 32;

  /** Eight warps' sums of eight ranks, in lines of 68. */
  private static final int GRADIENT_SHARED_BYTES = 8 * 8 * 68 * Float.BYTES;

  /** Blocks of a gradient that a multiprocessor runs at once. */
  private static final int GRADIENT_BLOCKS = 2;

  private static final int MOST_SPLITS = 4;
  private static final int ROWS_A_SPLIT = 256;

  private final CudaContext context;
  private final Kernels.Source source;

  FusedLowRank(CudaContext context) {
    this.context = context;
    this.source =
        context.source(List.of("low_rank.cu", "low_rank_wide.cu", "low_rank_gradient.cu"));
  }

  /** Working memory of backward. */
  record Gradients(Tensor u, Tensor aColumns) {}

  /**
   * A layer's input x (N, in), or rowScale ⊙ x · columnScale where those are given.
   *
   * @param rowScale FLOAT32 (N)
   * @param columnScale FLOAT32 (in)
   */
  record Input(Tensor x, Optional<Tensor> rowScale, Optional<Tensor> columnScale) {
    static Input plain(Tensor x) {
      return new Input(x, Optional.empty(), Optional.empty());
    }

    static Input normalised(RmsNormed input) {
      return new Input(input.raw(), Optional.of(input.rstd()), Optional.of(input.gamma()));
    }
  }

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

  /** What x and dy should have to spare: a step of the tensor cores over the depth of a product. */
  static int spareColumns(int totalRank) {
    return totalRank > MOST_RANK ? 0 : (totalRank + SPARE_UNIT - 1) / SPARE_UNIT * SPARE_UNIT;
  }

  /** True where {@code operand} and the weights have room for the group's low-rank part. */
  static boolean hasRoom(LoraGroup lora, Tensor operand, Tensor weight) {
    int needed = spareColumns(lora.totalRank());
    return needed > 0 && operand.spareColumns() >= needed && weight.spareColumns() >= needed;
  }

  /** Sets h = x·Aᵀ. */
  void down(LoraGroup lora, Tensor x, Tensor h) {
    down(lora, x, arguments(lora, x, h.columns()).with(Role.X, x).with(Role.H, h));
  }

  private void down(LoraGroup lora, Tensor x, LowRankArguments arguments) {
    launch("lora_down", arguments)
        .run(
            new Kernels.Grid(
                ceil(x.rows(), DOWN_ROWS), ceil(lora.totalRank() / RANK_UNIT, DOWN_TILES), 1),
            new Kernels.Block(DOWN_THREADS, 1),
            downSharedBytes(lora.totalRank()));
  }

  /** Sets y = residual + scale · h·Bᵀ. */
  void up(LoraGroup lora, Tensor h, Optional<Tensor> residual, Tensor y) {
    LowRankArguments arguments = arguments(lora, h, y.columns()).with(Role.H, h).with(Role.Y, y);
    residual.ifPresent(matrix -> arguments.with(Role.RESIDUAL, matrix));
    launch("lora_up", arguments).run(upGrid(y), new Kernels.Block(Kernels.BLOCK, 1), 0);
  }

  /**
   * Sets h = dropped·Aᵀ, the spare columns of x to scale · h, and those of the weights to B: so
   * that x times the weights, spare columns included, has the low-rank part in it.
   */
  void extend(LoraGroup lora, Tensor dropped, Tensor h, Tensor x, Tensor weight) {
    down(
        lora,
        dropped,
        arguments(lora, dropped, weight.rows())
            .with(Role.X, dropped)
            .with(Role.H, h)
            .with(Role.SPARE, spareOf(x))
            .with(Role.BESIDE, spareOf(weight)));
  }

  private static Tensor spareOf(Tensor matrix) {
    long spare = matrix.spareColumns();
    return matrix.withSpare(spare).columns(matrix.columns(), spare);
  }

  /** dB += scale · dyᵀ·h and dA += uᵀ·x, u = scale · dy·B; gives back u and A for dx. */
  Gradients weightGradients(LoraGroup lora, Tensor dy, Input input, Tensor h, TensorScope scratch) {
    Tensor x = input.x();
    int rank = lora.totalRank();
    Tensor u = scratch.allocate(DType.BFLOAT16, x.rows(), rank);
    Tensor aColumns = scratch.allocate(DType.BFLOAT16, x.columns(), rank);
    LowRankArguments arguments =
        arguments(lora, x, dy.columns()).with(Role.U, u).with(Role.A_COLUMNS, aColumns);
    weightGradients(lora, dy, input, arguments.with(Role.H, h), scratch);
    return new Gradients(u, aColumns);
  }

  /**
   * As {@link #weightGradients}, and sets the spare columns of dy to u, and the rows below the
   * weights to A: so that dy times the weights, spare columns and rows included, has the low-rank
   * part in it.
   *
   * @param below (spare columns, in)
   */
  void extendGradients(
      LoraGroup lora, Tensor dy, Input input, Tensor h, Tensor below, TensorScope scratch) {
    Tensor x = input.x();
    Tensor spare = spareOf(dy);
    LowRankArguments arguments =
        arguments(lora, x, dy.columns())
            .with(Role.U, spare)
            .with(Role.SPARE, spare)
            .with(Role.BELOW, below);
    weightGradients(lora, dy, input, arguments.with(Role.H, h), scratch);
  }

  private void weightGradients(
      LoraGroup lora, Tensor dy, Input input, LowRankArguments arguments, TensorScope scratch) {
    Tensor x = input.x();
    long rank = lora.totalRank();
    long blocks = gradientBlocks(x.columns(), rank);
    for (LoraSlice slice : lora.slices()) {
      blocks += gradientBlocks(slice.out(), slice.rank());
    }
    long splits = splits(x.rows(), blocks);
    long part = GRADIENT_COLUMNS * Math.min(rank, GRADIENT_RANKS);
    arguments
        .with(Role.X, x)
        .with(Role.DY, dy)
        .with(Role.COUNTERS, scratch.allocate(DType.INT32, blocks))
        .with(Role.PARTS, scratch.allocate(DType.FLOAT32, splits * blocks, part))
        .inParts(new LowRankArguments.Parts(splits, blocks));
    input.rowScale().ifPresent(scale -> arguments.with(Role.ROW_SCALE, scale));
    input.columnScale().ifPresent(scale -> arguments.with(Role.COLUMN_SCALE, scale));
    launch("lora_low_gradient", arguments)
        .run(
            new Kernels.Grid(ceil(x.rows(), DOWN_ROWS), ceil(rank / RANK_UNIT, DOWN_TILES), 1),
            new Kernels.Block(DOWN_THREADS, 1),
            downSharedBytes(lora.totalRank()));
    launch("lora_gradient", arguments)
        .run(
            new Kernels.Grid(blocks, splits, 1),
            new Kernels.Block(Kernels.BLOCK, 1),
            GRADIENT_SHARED_BYTES);
  }

  private static long gradientBlocks(long columns, long rank) {
    return ceil(columns, GRADIENT_COLUMNS) * ceil(rank, GRADIENT_RANKS);
  }

  /** Sets dx = before + u·A, before being nothing or dx itself. */
  void inputGradient(LoraGroup lora, Gradients gradients, Optional<Tensor> before, Tensor dx) {
    LowRankArguments arguments =
        arguments(lora, dx, dx.columns())
            .with(Role.U, gradients.u())
            .with(Role.A_COLUMNS, gradients.aColumns())
            .with(Role.Y, dx);
    before.ifPresent(matrix -> arguments.with(Role.RESIDUAL, matrix));
    launch("lora_input_gradient", arguments)
        .run(upGrid(dx), new Kernels.Block(Kernels.BLOCK, 1), 0);
  }

  private static Kernels.Grid upGrid(Tensor y) {
    return new Kernels.Grid(ceil(y.columns(), UP_COLUMNS), ceil(y.rows(), UP_ROWS), 1);
  }

  private static int downSharedBytes(int rank) {
    int tiles = Math.min(rank / RANK_UNIT, DOWN_TILES);
    return DOWN_THREADS / 32 * DOWN_ROWS * RANK_UNIT * tiles * Float.BYTES;
  }

  /** Into how many parts the tokens are cut: what keeps the card busiest with so many blocks. */
  private long splits(long tokens, long blocks) {
    long atOnce = (long) GRADIENT_BLOCKS * context.device().multiprocessors();
    long most = Math.max(1, Math.min(MOST_SPLITS, tokens / ROWS_A_SPLIT));
    long best = 1;
    for (long splits = 2; splits <= most; splits++) {
      if (ceil(blocks * splits, atOnce) * best < ceil(blocks * best, atOnce) * splits) {
        best = splits;
      }
    }
    return best;
  }

  private static long ceil(long count, long unit) {
    return (count + unit - 1) / unit;
  }

  private static LowRankArguments arguments(LoraGroup lora, Tensor x, long out) {
    return new LowRankArguments(lora, new LowRankArguments.Sizes(x.rows(), x.columns(), out));
  }

  private Kernels.Launch launch(String name, LowRankArguments arguments) {
    return arguments.giveTo(context.kernels().launch(source, name));
  }
}
