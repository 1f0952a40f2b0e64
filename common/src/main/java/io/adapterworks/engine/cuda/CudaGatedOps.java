package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenLinear;
import io.adapterworks.engine.GatedOps;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.tensor.Tensor;
import java.util.List;

/**
 * {@link GatedOps} by {@link FinishedProducts} with SwiGLU behind them where these fit, else one
 * primitive after the other.
 */
final class CudaGatedOps implements GatedOps {
  private final FinishedProducts products;
  private final GatedOps separate;
  private final Kernels.Source source;

  CudaGatedOps(FinishedProducts products, GatedOps separate) {
    this.products = products;
    this.separate = separate;
    this.source = products.source(List.of("gated.cu"));
  }

  @Override
  public void forward(FrozenLinear layer, LoraGroup lora, Forward operands) {
    Tensor gateUp = operands.gateUp();
    Tensor activated = operands.activated();
    long columns = gateUp.columns() / 2;
    boolean done =
        products.forward(
            layer,
            lora,
            new FinishedProducts.Layer(
                operands.x(), operands.h(), gateUp, List.of(gateUp, activated)),
            (factors, scratch) -> {
              Kernels.Launch launch = products.begin(source, "gated_forward", factors);
              products.written(launch, gateUp.columns(0, columns));
              products.written(launch, gateUp.columns(columns, columns));
              products.run(launch.matrix(activated), factors, columns);
            });
    if (!done) {
      separate.forward(layer, lora, operands);
    }
  }

  @Override
  public void backward(FrozenLinear layer, LoraGroup lora, Backward operands) {
    Tensor gateUp = operands.gateUp();
    long columns = gateUp.columns() / 2;
    Tensor gate = gateUp.columns(0, columns);
    Tensor up = gateUp.columns(columns, columns);
    boolean done =
        products.backward(
            layer,
            lora,
            new FinishedProducts.Layer(
                operands.activated(), operands.h(), operands.dy(), List.of(gate, up)),
            (factors, scratch) -> {
              Kernels.Launch launch = products.begin(source, "gated_backward", factors);
              products.run(launch.matrix(gateUp), factors, columns);
            });
    if (!done) {
      separate.backward(layer, lora, operands);
    }
  }
}
