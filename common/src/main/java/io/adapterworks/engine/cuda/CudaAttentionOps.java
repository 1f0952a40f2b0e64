package io.adapterworks.engine.cuda;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionOperands;
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
  private static final int PLAIN_ROWS = 4;
  private static final int VECTOR = 8;
  private static final int WARP = 32;
  private static final int THREADS = 128;

  private final CudaContext context;
  private final Kernels.Source plain;
  private final BlockwiseAttention blockwise;

  CudaAttentionOps(CudaContext context) {
    this.context = context;
    this.plain = context.source(List.of("philox.cu", "attention_plain.cu"));
    this.blockwise = new BlockwiseAttention(context);
  }

  private Kernels.Launch plain(String name) {
    return context.kernels().launch(plain, name);
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
  public void forward(AttentionShape shape, Segments segments, AttentionOperands f) {
    if (isBlockwise(shape, f.q(), f.k(), f.v(), f.out())) {
      blockwise.forward(shape, segments, f);
      return;
    }
    Kernels.Launch launch = plain("attention_forward_plain");
    launch.matrix(f.q()).matrix(f.k()).matrix(f.v()).matrix(f.out()).tensor(f.logSumExp());
    run(launch, shape, segments, shape.heads());
  }

  /** Gives the arguments that all plain kernels end with, and runs over so many heads. */
  private static void run(
      Kernels.Launch launch, AttentionShape shape, Segments segments, int heads) {
    launch
        .tensor(segments.device())
        .integer(segments.tokens())
        .integer(shape.heads() / shape.kvHeads())
        .integer(shape.headDim())
        .real(shape.scale())
        .flag(shape.mask() == AttentionShape.Mask.CAUSAL);
    dropout(launch, shape.dropout());
    long blocks = ((long) segments.maxLength() + PLAIN_ROWS - 1) / PLAIN_ROWS;
    launch.run(new Kernels.Grid(blocks, heads, segments.count()), new Kernels.Block(THREADS, 1), 0);
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
    backward(shape, segments, g, Optional.empty());
  }

  /** Rotates back only where it can in the same kernels: blockwise. */
  private void backward(
      AttentionShape shape, Segments segments, AttentionGradient g, Optional<Rotary> rotation) {
    try (TensorScope scratch = context.scratch()) {
      Tensor delta = scratch.allocate(DType.FLOAT32, shape.heads(), segments.tokens());
      delta(shape, g, delta);
      if (isBlockwise(shape, g)) {
        BlockwiseAttention.Backward given = new BlockwiseAttention.Backward(g, delta, rotation);
        backwardBlockwise(shape, segments, given, scratch);
        return;
      }
      run(
          plainInputs("attention_dq_plain", g, delta).matrix(g.dq()),
          shape,
          segments,
          shape.heads());
      run(
          plainInputs("attention_dkv_plain", g, delta).matrix(g.dk()).matrix(g.dv()),
          shape,
          segments,
          shape.kvHeads());
    }
  }

  private Kernels.Launch plainInputs(String name, AttentionGradient g, Tensor delta) {
    AttentionOperands f = g.forward();
    return plain(name)
        .matrix(f.q())
        .matrix(f.k())
        .matrix(f.v())
        .tensor(g.dOut())
        .tensor(f.logSumExp())
        .tensor(delta);
  }

  /** {@link #backwardRotated} where delta is known and attention {@link #isBlockwise}. */
  void backwardBlockwise(
      AttentionShape shape,
      Segments segments,
      BlockwiseAttention.Backward given,
      TensorScope scratch) {
    blockwise.backward(shape, segments, given, scratch);
  }

  /** Whether attention of this shape and these tensors is computed by tiles, on tensor cores. */
  boolean isBlockwise(AttentionShape shape, AttentionGradient g) {
    AttentionOperands f = g.forward();
    return isBlockwise(shape, f.q(), f.k(), f.v(), f.out(), g.dOut(), g.dq(), g.dk(), g.dv());
  }

  @Override
  public void backwardRotated(
      AttentionShape shape, Segments segments, AttentionGradient g, Rotary rotation) {
    if (isBlockwise(shape, g)) {
      backward(shape, segments, g, Optional.of(rotation));
    } else {
      AttentionOps.super.backwardRotated(shape, segments, g, rotation);
    }
  }

  /** delta(H, N): the sum over each head of dOut · out. */
  private void delta(AttentionShape shape, AttentionGradient g, Tensor delta) {
    long tokens = delta.columns();
    int lanes = shape.headDim() / VECTOR;
    boolean inVectors =
        lanes > 0
            && lanes <= WARP
            && Integer.bitCount(lanes) == 1
            && CudaContext.vectorWidth(shape.headDim(), g.dOut(), g.forward().out()) == VECTOR
            && tokens * shape.queryWidth() < Integer.MAX_VALUE;
    if (inVectors) {
      plain("attention_delta_vectors")
          .tensor(g.dOut())
          .matrix(g.forward().out())
          .tensor(delta)
          .integer(tokens)
          .integer(shape.heads())
          .integer(shape.headDim())
          .each(tokens * shape.heads() * lanes);
      return;
    }
    plain("attention_delta")
        .tensor(g.dOut())
        .matrix(g.forward().out())
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
    blockwise.close();
  }
}
