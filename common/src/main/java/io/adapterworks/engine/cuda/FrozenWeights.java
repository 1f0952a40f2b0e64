package io.adapterworks.engine.cuda;

import io.adapterworks.engine.FrozenSource;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
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
      int spare =
          context.computeType() == DType.BFLOAT16
              ? FusedLowRank.spareColumns(source.adapterRank())
              : 0;
      Tensor weight =
          small
              ? weights.allocate(DType.INT8, source.out(), source.in())
              : allocate(weights, new Sizes(source.out(), source.in(), spare));
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
      return new CudaFrozenLinear(weight, scales, bias(source.biases(), weights), spare);
    }
  }

  private record Sizes(long out, long in, int spare) {}

  /** W(out, in) in the compute type, with spare columns beside it and as many rows below it. */
  private Tensor allocate(TensorScope scope, Sizes sizes) {
    return scope
        .allocate(context.computeType(), sizes.out + sizes.spare, sizes.in + sizes.spare)
        .rows(0, sizes.out)
        .sparing(sizes.spare);
  }

  /** Weights that {@link #expanded} gave, with the rows below them. */
  static Tensor withRowsBelow(Tensor weight, int rows) {
    long width = weight.columns() + weight.spareColumns();
    return Tensor.of(
            weight.storage(),
            weight.offset(),
            Shape.of(weight.rows() + rows, width),
            weight.dtype())
        .sparing(weight.spareColumns());
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

  /**
   * W(out, in) in the compute type, with room for its pairs in spare columns and in rows below;
   * int8 weights are expanded into {@code scratch}.
   */
  Tensor expanded(CudaFrozenLinear layer, TensorScope scratch) {
    if (layer.scales().isEmpty()) {
      return layer.weight();
    }
    Tensor weight = layer.weight();
    Tensor expanded = allocate(scratch, new Sizes(weight.rows(), weight.columns(), layer.spare()));
    int width = CudaContext.vectorWidth(weight.columns(), expanded, weight);
    context
        .launch("dequantize_rows")
        .tensor(weight)
        .tensor(layer.scales().orElseThrow())
        .matrix(expanded)
        .integer(weight.columns())
        .integer(width)
        .eachOfRows(weight.rows(), weight.columns() / width);
    return expanded;
  }
}
