package io.adapterworks.engine.cuda;

import io.adapterworks.engine.AdamStep;
import io.adapterworks.engine.UpdateOps;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;

/** {@link UpdateOps}: the norm of the gradient in two passes, then one over everything. */
final class CudaUpdateOps implements UpdateOps {
  private static final int NORM_BLOCKS = 264;
  private static final int NORM_THREADS = 512;

  private final CudaContext context;
  private final Kernels.Source source;

  CudaUpdateOps(CudaContext context) {
    this.context = context;
    this.source = context.source(List.of("update.cu"));
  }

  @Override
  public void adamW(State state, Tensor gradient, AdamStep step) {
    try (TensorScope scratch = context.scratch()) {
      Tensor factor = scratch.allocate(DType.FLOAT32, 1);
      clip(gradient, step.maxGradientNorm(), scratch, factor);
      for (AdamStep.Range range : step.ranges()) {
        update(state, gradient, step, range, factor);
      }
    }
  }

  /** Sets {@code factor} to what the gradient is to be multiplied with. */
  private void clip(Tensor gradient, double most, TensorScope scratch, Tensor factor) {
    Tensor parts = scratch.allocate(DType.FLOAT32, NORM_BLOCKS);
    Kernels.Block block = new Kernels.Block(NORM_THREADS, 1);
    launch("square_sums")
        .tensor(gradient)
        .number(gradient.shape().elements())
        .tensor(parts)
        .run(new Kernels.Grid(NORM_BLOCKS, 1, 1), block, 0);
    launch("clip_factor")
        .tensor(parts)
        .integer(NORM_BLOCKS)
        .real((float) most)
        .tensor(factor)
        .run(new Kernels.Grid(1, 1, 1), block, 0);
  }

  private void update(
      State state, Tensor gradient, AdamStep step, AdamStep.Range range, Tensor factor) {
    double correction1 = 1 - Math.pow(step.beta1(), step.number());
    double correction2 = Math.sqrt(1 - Math.pow(step.beta2(), step.number()));
    launch("adam_w")
        .tensor(part(state.values(), range))
        .tensor(part(state.rounded(), range))
        .flag(CudaContext.isFloat(state.rounded()))
        .tensor(part(state.mean(), range))
        .tensor(part(state.square(), range))
        .tensor(part(gradient, range))
        .tensor(factor)
        .number(range.count())
        .real((float) step.beta1())
        .real((float) step.beta2())
        .real((float) (range.learningRate() * correction2 / correction1))
        .real((float) (step.epsilon() * correction2))
        .real((float) (range.learningRate() * range.decay()))
        .each(range.count());
  }

  private static Tensor part(Tensor flat, AdamStep.Range range) {
    return flat.columns(range.from(), range.count());
  }

  private Kernels.Launch launch(String name) {
    return context.kernels().launch(source, name);
  }
}
