package io.adapterworks.engine.cuda;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionOps;
import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.Segments;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@link AttentionOps}: blockwise on tensor cores for bfloat16 and the usual head sizes, else, and
 * where weights are dropped, one warp a row.
 */
final class CudaAttentionOps implements AttentionOps {
  private static final Set<Integer> BLOCKWISE_HEADS = Set.of(32, 64, 128);
  private static final int MAX_HEAD = 256;
  private static final int TILE_ROWS = 64;
  private static final int PANEL_COLUMNS = 64;
  private static final int SHARED_ALIGNMENT = 1024;
  private static final int PLAIN_ROWS = 4;
  private static final int VECTOR = 8;
  private static final int WARP = 32;
  private static final int THREADS = 128;
  private static final int FORWARD_TILES = 5;
  private static final int BACKWARD_TILES = 6;

  private final CudaContext context;
  private final Kernels.Source plain;
  private final TensorMaps maps = new TensorMaps();

  CudaAttentionOps(CudaContext context) {
    this.context = context;
    this.plain = context.source(List.of("philox.cu", "attention_plain.cu"));
  }

  private Kernels.Launch plain(String name) {
    return context.kernels().launch(plain, name);
  }

  private Kernels.Launch blockwise(String name, AttentionShape shape) {
    Kernels.Source source =
        context.source(
            List.of(
                "copies.cu", "attention_tiles.cu", "attention_forward.cu", "attention_backward.cu"),
            "HEAD_DIM=" + shape.headDim(),
            "WARPGROUP=" + (usesWarpgroups(shape) ? 1 : 0));
    return context.kernels().launch(source, name);
  }

  /** Compute capability 9.0 multiplies with four warps together, from panels of 64 columns. */
  private boolean usesWarpgroups(AttentionShape shape) {
    return context.device().hasWarpgroupProducts() && shape.headDim() % PANEL_COLUMNS == 0;
  }

  private boolean isBlockwise(AttentionShape shape, Tensor... tensors) {
    Check.that(
        shape.headDim() <= MAX_HEAD,
        ErrorCode.MODEL,
        "attention heads of %d; the CUDA engine computes up to %d",
        shape.headDim(),
        MAX_HEAD);
    return context.computeType() == DType.BFLOAT16
        && BLOCKWISE_HEADS.contains(shape.headDim())
        && shape.dropout().isEmpty()
        && shape.scale() > 0
        && CudaContext.vectorWidth(shape.headDim(), tensors) > 1;
  }

  @Override
  public void forward(
      AttentionShape shape,
      Segments segments,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor logSumExp) {
    boolean fast = isBlockwise(shape, q, k, v, out);
    Kernels.Launch launch =
        fast ? blockwise("attention_forward", shape) : plain("attention_forward_plain");
    read(launch, fast && usesWarpgroups(shape), q, k, v);
    launch.matrix(out).tensor(logSumExp);
    run(launch, shape, segments, new Form(fast, shape.heads(), FORWARD_TILES));
  }

  /** Gives matrices that tiles are read from, in the form that the kernel reads them. */
  private void read(Kernels.Launch launch, boolean byCopyEngine, Tensor... matrices) {
    maps.begin();
    for (Tensor matrix : matrices) {
      if (byCopyEngine) {
        launch.block(maps.of(matrix, TILE_ROWS));
      } else {
        launch.matrix(matrix);
      }
    }
  }

  /**
   * How a kernel of attention is laid out.
   *
   * @param heads blocks go over query heads, or key/value heads
   * @param tiles of shared memory that a blockwise kernel needs
   */
  private record Form(boolean blockwise, int heads, int tiles) {}

  /** Gives the arguments that all kernels end with, and runs. */
  private static void run(
      Kernels.Launch launch, AttentionShape shape, Segments segments, Form form) {
    launch
        .tensor(segments.device())
        .integer(segments.tokens())
        .integer(shape.heads() / shape.kvHeads());
    if (!form.blockwise()) {
      launch.integer(shape.headDim());
    }
    launch.real(shape.scale()).flag(shape.mask() == AttentionShape.Mask.CAUSAL);
    if (!form.blockwise()) {
      dropout(launch, shape.dropout());
    }
    int rows = form.blockwise() ? TILE_ROWS : PLAIN_ROWS;
    long blocks = ((long) segments.maxLength() + rows - 1) / rows;
    if (form.blockwise()) {
      launch.run(
          new Kernels.Grid(form.heads(), segments.count(), blocks),
          new Kernels.Block(THREADS, 1),
          form.tiles() * TILE_ROWS * shape.headDim() * Short.BYTES + SHARED_ALIGNMENT);
    } else {
      launch.run(
          new Kernels.Grid(blocks, form.heads(), segments.count()),
          new Kernels.Block(THREADS, 1),
          0);
    }
  }

  private static void dropout(Kernels.Launch launch, Optional<Dropout> dropout) {
    launch
        .number(dropout.map(d -> CudaStorage.address(d.seed())).orElse(0L))
        .integer(dropout.map(Dropout::site).orElse(0))
        .integer(dropout.map(Dropout::threshold).orElse(0))
        .real(dropout.map(d -> 1 / (1 - d.probability())).orElse(1f));
  }

  @Override
  public void backward(AttentionShape shape, Segments segments, AttentionGradient g) {
    if (isBlockwise(shape, g)) {
      backwardBlockwise(shape, segments, g, Optional.empty());
      return;
    }
    try (TensorScope scratch = context.scratch()) {
      Tensor delta = scratch.allocate(DType.FLOAT32, shape.heads(), segments.tokens());
      delta(shape, g, delta);
      run(
          plainInputs("attention_dq_plain", g, delta).matrix(g.dq()),
          shape,
          segments,
          new Form(false, shape.heads(), 0));
      run(
          plainInputs("attention_dkv_plain", g, delta).matrix(g.dk()).matrix(g.dv()),
          shape,
          segments,
          new Form(false, shape.kvHeads(), 0));
    }
  }

  private Kernels.Launch plainInputs(String name, AttentionGradient g, Tensor delta) {
    return plain(name)
        .matrix(g.q())
        .matrix(g.k())
        .matrix(g.v())
        .tensor(g.dOut())
        .tensor(g.logSumExp())
        .tensor(delta);
  }

  private boolean isBlockwise(AttentionShape shape, AttentionGradient g) {
    return isBlockwise(shape, g.q(), g.k(), g.v(), g.out(), g.dOut(), g.dq(), g.dk(), g.dv());
  }

  @Override
  public void backwardRotated(
      AttentionShape shape, Segments segments, AttentionGradient g, Rotary rotation) {
    if (isBlockwise(shape, g)) {
      backwardBlockwise(shape, segments, g, Optional.of(rotation));
    } else {
      AttentionOps.super.backwardRotated(shape, segments, g, rotation);
    }
  }

  /** The kernel of queries' gradients sets delta too, for that of keys and values. */
  private void backwardBlockwise(
      AttentionShape shape, Segments segments, AttentionGradient g, Optional<Rotary> rotation) {
    try (TensorScope scratch = context.scratch()) {
      Tensor delta = scratch.allocate(DType.FLOAT32, shape.heads(), segments.tokens());
      run(
          inputs("attention_dq", shape, g, delta, rotation)
              .matrix(g.dOut())
              .matrix(g.out())
              .matrix(g.dq()),
          shape,
          segments,
          new Form(true, shape.heads(), BACKWARD_TILES));
      run(
          inputs("attention_dkv", shape, g, delta, rotation).matrix(g.dk()).matrix(g.dv()),
          shape,
          segments,
          new Form(true, shape.kvHeads(), BACKWARD_TILES));
    }
  }

  private Kernels.Launch inputs(
      String name,
      AttentionShape shape,
      AttentionGradient g,
      Tensor delta,
      Optional<Rotary> rotation) {
    Kernels.Launch launch = blockwise(name, shape);
    read(launch, usesWarpgroups(shape), g.q(), g.k(), g.v(), g.dOut());
    return launch
        .tensor(g.logSumExp())
        .tensor(delta)
        .number(rotation.map(by -> CudaStorage.address(by.table())).orElse(0L))
        .number(rotation.map(by -> CudaStorage.address(by.positions())).orElse(0L));
  }

  /** delta(H, N): the sum over each head of dOut · out. */
  private void delta(AttentionShape shape, AttentionGradient g, Tensor delta) {
    long tokens = delta.columns();
    int lanes = shape.headDim() / VECTOR;
    boolean inVectors =
        lanes > 0
            && lanes <= WARP
            && Integer.bitCount(lanes) == 1
            && CudaContext.vectorWidth(shape.headDim(), g.dOut(), g.out()) == VECTOR
            && tokens * shape.queryWidth() < Integer.MAX_VALUE;
    if (inVectors) {
      plain("attention_delta_vectors")
          .tensor(g.dOut())
          .matrix(g.out())
          .tensor(delta)
          .integer(tokens)
          .integer(shape.heads())
          .integer(shape.headDim())
          .each(tokens * shape.heads() * lanes);
      return;
    }
    plain("attention_delta")
        .tensor(g.dOut())
        .matrix(g.out())
        .tensor(delta)
        .integer(tokens)
        .integer(shape.headDim())
        .run(
            new Kernels.Grid((tokens + PLAIN_ROWS - 1) / PLAIN_ROWS, shape.heads(), 1),
            new Kernels.Block(THREADS, 1),
            0);
  }

  @Override
  public void rotate(Tensor x, int headDim, Tensor table, Tensor positions) {
    rotate(x, headDim, table, positions, 1);
  }

  @Override
  public void rotateBack(Tensor dx, int headDim, Tensor table, Tensor positions) {
    rotate(dx, headDim, table, positions, -1);
  }

  private void rotate(Tensor x, int headDim, Tensor table, Tensor positions, float direction) {
    long pairs = x.columns() / 2;
    int width = CudaContext.vectorWidth(headDim / 2, x, table);
    context
        .launch("rotate")
        .matrix(x)
        .integer(x.columns())
        .integer(headDim)
        .tensor(table)
        .tensor(positions)
        .real(direction)
        .integer(width)
        .eachOfRows(x.rows(), pairs / width);
  }

  void close() {
    maps.close();
  }
}
