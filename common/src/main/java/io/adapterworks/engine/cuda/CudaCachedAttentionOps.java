package io.adapterworks.engine.cuda;

import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.CachedAttentionOps;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Tensor;
import java.util.List;

/** {@link CachedAttentionOps}: four warps to each head of a sequence, which share its keys. */
final class CudaCachedAttentionOps implements CachedAttentionOps {
  private static final int MAX_HEAD = 256;
  private static final int THREADS = 128;

  private final CudaContext context;
  private final Kernels.Source source;

  CudaCachedAttentionOps(CudaContext context) {
    this.context = context;
    this.source = context.source(List.of("philox.cu", "attention_plain.cu", "attention_cached.cu"));
  }

  @Override
  public void store(Tensor k, Tensor v, Tensor places, Cache cache) {
    context
        .kernels()
        .launch(source, "cache_store")
        .matrix(k)
        .matrix(v)
        .tensor(places)
        .tensor(cache.keys())
        .tensor(cache.values())
        .integer(k.columns())
        .eachOfRows(k.rows(), k.columns());
  }

  @Override
  public void attend(AttentionShape shape, Tensor q, Tensor places, Cache cache, Tensor out) {
    Check.that(
        shape.headDim() <= MAX_HEAD,
        ErrorCode.MODEL,
        "attention heads of %d; the CUDA engine computes up to %d",
        shape.headDim(),
        MAX_HEAD);
    context
        .kernels()
        .launch(source, "attention_cached")
        .matrix(q)
        .tensor(cache.keys())
        .tensor(cache.values())
        .tensor(places)
        .matrix(out)
        .integer(cache.capacity())
        .integer(shape.kvWidth())
        .integer(shape.heads() / shape.kvHeads())
        .integer(shape.headDim())
        .real(shape.scale())
        .run(new Kernels.Grid(shape.heads(), q.rows(), 1), new Kernels.Block(THREADS, 1), 0);
  }
}
