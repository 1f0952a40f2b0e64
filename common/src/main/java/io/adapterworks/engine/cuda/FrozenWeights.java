package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenSource;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.List;
import java.util.Optional;

/** Copies frozen weights to the card, as int8 where asked, and makes int8 usable for a product. */
final class FrozenWeights {
  private final CudaContext context;
  private final CudaTransferOps transfer;

  FrozenWeights(CudaContext context, CudaTransferOps transfer) {
    this.context = context;
    this.transfer = transfer;
  }

  CudaFrozenLinear freeze(FrozenSource source) {
    try (TensorScope weights = context.weights()) {
      boolean small = source.storage() == FrozenSource.WeightStorage.INT8;
      DType type = small ? DType.INT8 : context.computeType();
      Tensor weight = weights.allocate(type, source.out(), source.in());
      Optional<Tensor> scales =
          small ? Optional.of(weights.allocate(DType.FLOAT32, source.out())) : Optional.empty();
      long row = 0;
      for (HostTensor part : source.weights()) {
        Tensor rows = weight.rows(row, part.shape().rows());
        if (small) {
          quantize(part, rows, scales.orElseThrow().columns(row, part.shape().rows()));
        } else {
          transfer.upload(part, rows);
        }
        row += part.shape().rows();
      }
      return new CudaFrozenLinear(weight, scales, bias(source.biases(), weights));
    }
  }

  private Optional<Tensor> bias(List<HostTensor> parts, TensorScope weights) {
    if (parts.isEmpty()) {
      return Optional.empty();
    }
    long total = parts.stream().mapToLong(part -> part.shape().elements()).sum();
    Tensor bias = weights.allocate(context.computeType(), total);
    long at = 0;
    for (HostTensor part : parts) {
      transfer.upload(part, bias.columns(at, part.shape().elements()));
      at += part.shape().elements();
    }
    return Optional.of(bias);
  }

  private void quantize(HostTensor from, Tensor to, Tensor scales) {
    transfer.uploadInParts(
        from,
        context.computeType(),
        (part, firstRow) ->
            context
                .launch("quantize_rows")
                .tensor(part)
                .tensor(to.rows(firstRow, part.rows()))
                .tensor(scales.columns(firstRow, part.rows()))
                .integer(part.columns())
                .run(new Kernels.Grid(part.rows(), 1, 1), new Kernels.Block(Kernels.BLOCK, 1), 0));
  }

  /** W(out, in) in the compute type; int8 weights are expanded into {@code scratch}. */
  Tensor expanded(CudaFrozenLinear layer, TensorScope scratch) {
    if (layer.scales().isEmpty()) {
      return layer.weight();
    }
    Tensor weight = layer.weight();
    Tensor expanded = scratch.allocate(context.computeType(), weight.rows(), weight.columns());
    int width = CudaContext.vectorWidth(weight.columns(), expanded, weight);
    context
        .launch("dequantize_rows")
        .tensor(weight)
        .tensor(layer.scales().orElseThrow())
        .tensor(expanded)
        .number(weight.shape().elements())
        .integer(weight.columns())
        .integer(width)
        .each(weight.shape().elements() / width);
    return expanded;
  }
}
