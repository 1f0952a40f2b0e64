package io.adapterworks.engine.cuda;

import io.adapterworks.engine.Segments;
import io.adapterworks.engine.SequenceOps;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link SequenceOps}: one thread a column of each sequence, added up in order. */
final class CudaSequenceOps implements SequenceOps {
  private final CudaContext context;
  private final List<HostRows> ahead = new ArrayList<>();

  CudaSequenceOps(CudaContext context) {
    this.context = context;
  }

  @Override
  public void gather(Tensor table, Tensor ids, Write write, Tensor y) {
    int width = CudaContext.vectorWidth(y.columns(), table, y);
    context
        .launch("gather")
        .tensor(table)
        .tensor(ids)
        .flag(write == Write.ADD)
        .tensor(y)
        .number(y.shape().elements())
        .integer(y.columns())
        .integer(width)
        .each(y.shape().elements() / width);
  }

  @Override
  public Optional<RowsAhead> rowsAhead(Tensor table) {
    HostRows rows = new HostRows(context, table, ahead::remove);
    ahead.add(rows);
    return Optional.of(rows);
  }

  /** Bytes of the card's memory that rows land in that come ahead. */
  long committedBytes() {
    return ahead.stream().mapToLong(HostRows::committed).sum();
  }

  void close() {
    List.copyOf(ahead).forEach(HostRows::close);
  }

  @Override
  public void meanPoolForward(Tensor x, Segments segments, Tensor y) {
    perSegment(
        context
            .launch("mean_pool_forward")
            .tensor(x)
            .tensor(segments.device())
            .tensor(y)
            .integer(x.columns()),
        x.columns(),
        segments);
  }

  @Override
  public void meanPoolBackward(Tensor dy, Segments segments, Tensor dx) {
    perSegment(
        context
            .launch("mean_pool_backward")
            .tensor(dy)
            .tensor(segments.device())
            .tensor(dx)
            .integer(dx.columns()),
        dx.columns(),
        segments);
  }

  @Override
  public void firstTokenForward(Tensor x, Segments segments, Tensor y) {
    firstToken("first_token_forward", x, segments, y);
  }

  @Override
  public void firstTokenBackward(Tensor dy, Segments segments, Tensor dx) {
    firstToken("first_token_backward", dy, segments, dx);
  }

  private void firstToken(String kernel, Tensor from, Segments segments, Tensor to) {
    perSegment(
        context
            .launch(kernel)
            .tensor(from)
            .flag(CudaContext.isFloat(from))
            .tensor(segments.device())
            .tensor(to)
            .flag(CudaContext.isFloat(to))
            .integer(from.columns()),
        from.columns(),
        segments);
  }

  private static void perSegment(Kernels.Launch launch, long columns, Segments segments) {
    launch.run(
        new Kernels.Grid((columns + Kernels.BLOCK - 1) / Kernels.BLOCK, segments.count(), 1),
        new Kernels.Block(Kernels.BLOCK, 1),
        0);
  }
}
