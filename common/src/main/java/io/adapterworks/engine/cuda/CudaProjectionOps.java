package io.adapterworks.engine.cuda;

import io.adapterworks.engine.AttentionGradient;
import io.adapterworks.engine.AttentionShape;
import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.ProjectionOps;
import io.adapterworks.engine.Segments;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@link ProjectionOps} by {@link FinishedProducts} that rotate queries and keys, and sum what
 * attention's backward needs of each head, where these fit; else one primitive after the other.
 */
final class CudaProjectionOps implements ProjectionOps {
  private static final Set<Integer> HEADS = Set.of(64, 128);

  private final FinishedProducts products;
  private final CudaAttentionOps attention;
  private final ProjectionOps separate;

  CudaProjectionOps(FinishedProducts products, CudaAttentionOps attention, ProjectionOps separate) {
    this.products = products;
    this.attention = attention;
    this.separate = separate;
  }

  private Kernels.Source source(AttentionShape shape) {
    return products.source(List.of("projected.cu"), "HEAD_DIM=" + shape.headDim());
  }

  @Override
  public void forward(FrozenLinear layer, LoraGroup lora, AttentionShape shape, Forward operands) {
    Tensor queryKeyValue = operands.queryKeyValue();
    boolean done =
        HEADS.contains(shape.headDim())
            && products.forward(
                layer,
                lora,
                new FinishedProducts.Layer(
                    operands.x(), operands.h(), queryKeyValue, List.of(queryKeyValue)),
                (factors, scratch) ->
                    products.run(
                        products
                            .begin(source(shape), "projected_forward", factors)
                            .matrix(queryKeyValue)
                            .tensor(operands.rotation().table())
                            .tensor(operands.rotation().positions())
                            .integer(shape.rotatedWidth()),
                        factors,
                        queryKeyValue.columns()));
    if (!done) {
      separate.forward(layer, lora, shape, operands);
    }
  }

  @Override
  public void backward(
      FrozenLinear layer, LoraGroup lora, AttentionShape shape, Backward operands) {
    AttentionGradient g = operands.gradient();
    Tensor out = g.forward().out();
    Segments segments = operands.segments();
    boolean done =
        HEADS.contains(shape.headDim())
            && attention.isBlockwise(shape, g)
            && products.backward(
                layer,
                lora,
                new FinishedProducts.Layer(
                    out, operands.h(), operands.dy(), List.of(out, g.dOut())),
                (factors, scratch) -> {
                  Tensor delta = scratch.allocate(DType.FLOAT32, shape.heads(), segments.tokens());
                  Kernels.Launch launch =
                      products.begin(source(shape), "projected_backward", factors);
                  products.written(launch, g.dOut());
                  products.run(launch.matrix(out).tensor(delta), factors, out.columns());
                  attention.backwardBlockwise(
                      shape,
                      segments,
                      new BlockwiseAttention.Backward(g, delta, Optional.of(operands.rotation())),
                      scratch);
                });
    if (!done) {
      separate.backward(layer, lora, shape, operands);
    }
  }
}
