package io.adapterworks.engine.cpu;

import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.LoraSlice;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.dnnl.global.dnnl;

/**
 * The low-rank part of a linear layer. The A of all slices are stacked, so that x is read once for
 * all of them.
 */
final class LowRank {
  private final CpuContext context;
  private final DropoutMasks masks;

  LowRank(CpuContext context, DropoutMasks masks) {
    this.context = context;
    this.masks = masks;
  }

  /** What the low-rank part is added to. */
  record Start(Write write, Optional<Tensor> residual) {
    static final Start NOTHING = new Start(Write.SET, Optional.empty());
    static final Start OUTPUT = new Start(Write.ADD, Optional.empty());

    static Start of(Tensor residual) {
      return new Start(Write.SET, Optional.of(residual));
    }
  }

  /** Whether every one of {@code out} outputs has a pair. */
  boolean covers(LoraGroup lora, int out) {
    return lora.slices().stream().mapToInt(LoraSlice::out).sum() == out;
  }

  /** h = dropout(x)·Aᵀ; y = start + scale · h·Bᵀ on each slice's columns. */
  void forward(LoraGroup lora, Tensor x, Tensor h, Start start, Tensor y) {
    if (lora.isEmpty()) {
      return;
    }
    long rows = CpuStorage.rows(x, y, h);
    Tensor dropped = dropped(lora, CpuStorage.rows(x), x);
    Tensor a = stackedA(lora);
    context.run(
        new KernelSpec.Matmul(
            CpuContext.matrix(dropped, rows),
            CpuContext.matrix(a).transposed(),
            CpuContext.matrix(h, rows),
            List.of()),
        dropped,
        a,
        h);
    int column = 0;
    for (LoraSlice slice : lora.slices()) {
      expand(slice, h.columns(column, slice.rank()), start, y);
      column += slice.rank();
    }
  }

  /** A slice's columns of y = start + scale · h·Bᵀ. */
  private void expand(LoraSlice slice, Tensor h, Start start, Tensor y) {
    Tensor target = y.columns(slice.outOffset(), slice.out());
    long rows = CpuStorage.rows(y, h);
    List<PostOp> postOps = new ArrayList<>(2);
    postOps.add(new PostOp.Scale(slice.scale()));
    long residualAddress = 0;
    if (start.write == Write.ADD) {
      postOps.add(PostOp.ADD_TO_OUTPUT);
    }
    if (start.residual.isPresent()) {
      rows = CpuStorage.rows(y, h, start.residual.get());
      Tensor residual = start.residual.get().columns(slice.outOffset(), slice.out());
      postOps.add(new PostOp.Combine(dnnl.dnnl_binary_add, CpuContext.matrix(residual, rows)));
      residualAddress = CpuStorage.address(residual);
    }
    KernelSpec spec =
        new KernelSpec.Matmul(
            CpuContext.matrix(h, rows),
            CpuContext.matrix(slice.b()).transposed(),
            CpuContext.matrix(target, rows),
            postOps);
    context
        .dnnl()
        .run(
            spec,
            CpuStorage.address(h),
            CpuStorage.address(slice.b()),
            CpuStorage.address(target),
            residualAddress);
  }

  /** dA and dB of every slice; leaves scale · dy·B of all slices in scratch for backwardInput. */
  void backwardWeights(LoraGroup lora, Tensor dy, Tensor x, Tensor h) {
    long exact = dy.rows();
    Tensor dh =
        context
            .scratch()
            .tensor(
                Scratch.Purpose.LOW_RANK_GRADIENT, context.computeType(), exact, lora.totalRank());
    long rows = CpuStorage.rows(dy, dh, h, x);
    Zeros.behind(dy, rows);
    Zeros.behind(h, rows);
    int column = 0;
    for (LoraSlice slice : lora.slices()) {
      Tensor gradient = dy.columns(slice.outOffset(), slice.out());
      Tensor low = dh.columns(column, slice.rank());
      context.run(
          new KernelSpec.Matmul(
              CpuContext.matrix(gradient, rows),
              CpuContext.matrix(slice.b()),
              CpuContext.matrix(low, rows),
              List.of(new PostOp.Scale(slice.scale()))),
          gradient,
          slice.b(),
          low);
      backwardB(slice, rows, gradient, h.columns(column, slice.rank()));
      column += slice.rank();
    }
    Tensor dropped = dropped(lora, rows, x);
    Zeros.behind(dropped, rows);
    backwardA(lora, rows, dh, dropped);
  }

  /** dB(out, r) += scale · dyᵀ·h, computed transposed because oneDNN is faster at wide outputs. */
  private void backwardB(LoraSlice slice, long rows, Tensor dy, Tensor h) {
    Tensor transposed =
        context
            .scratch()
            .tensor(Scratch.Purpose.FACTOR_GRADIENT, DType.FLOAT32, slice.rank(), slice.out());
    context.run(
        new KernelSpec.Matmul(
            CpuContext.matrix(h, rows).transposed(),
            CpuContext.matrix(dy, rows),
            CpuContext.matrix(transposed),
            List.of(new PostOp.Scale(slice.scale()))),
        h,
        dy,
        transposed);
    context.run(
        new KernelSpec.Reorder(
            CpuContext.matrix(transposed).transposed(),
            CpuContext.matrix(slice.dB()),
            List.of(PostOp.ADD_TO_OUTPUT)),
        transposed,
        slice.dB());
  }

  /** dA(r, in) += dhᵀ·dropout(x). */
  private void backwardA(LoraGroup lora, long rows, Tensor dh, Tensor dropped) {
    int column = 0;
    for (LoraSlice slice : lora.slices()) {
      Tensor low = dh.columns(column, slice.rank());
      context.run(
          new KernelSpec.Matmul(
              CpuContext.matrix(low, rows).transposed(),
              CpuContext.matrix(dropped, rows),
              CpuContext.matrix(slice.dA()),
              List.of(PostOp.ADD_TO_OUTPUT)),
          low,
          dropped,
          slice.dA());
      column += slice.rank();
    }
  }

  /** dx = or += dropoutᵀ(dh·A), with dh as {@link #backwardWeights} left it. */
  void backwardInput(LoraGroup lora, Write write, Tensor dx) {
    Tensor dh =
        context
            .scratch()
            .tensor(
                Scratch.Purpose.LOW_RANK_GRADIENT,
                context.computeType(),
                dx.rows(),
                lora.totalRank());
    long rows = CpuStorage.rows(dx, dh);
    List<PostOp> postOps = new ArrayList<>(3);
    long mask = 0;
    if (lora.dropout().isPresent()) {
      Dropout dropout = lora.dropout().get();
      mask = masks.address(dropout, rows * dx.columns());
      postOps.add(
          new PostOp.Combine(dnnl.dnnl_binary_mul, Layout.dense(DType.UINT8, rows, dx.columns())));
      postOps.add(new PostOp.Scale(1f / (1f - dropout.probability())));
    }
    if (write == Write.ADD) {
      postOps.add(PostOp.ADD_TO_OUTPUT);
    }
    Tensor a = stackedA(lora);
    KernelSpec spec =
        new KernelSpec.Matmul(
            CpuContext.matrix(dh, rows),
            CpuContext.matrix(a),
            CpuContext.matrix(dx, rows),
            postOps);
    context
        .dnnl()
        .run(spec, CpuStorage.address(dh), CpuStorage.address(a), CpuStorage.address(dx), mask);
  }

  /** dropout(x), in scratch; x itself where nothing is dropped. */
  private Tensor dropped(LoraGroup lora, long rows, Tensor x) {
    if (lora.dropout().isEmpty()) {
      return x;
    }
    Tensor dropped =
        context.scratch().tensor(Scratch.Purpose.DROPPED, x.dtype(), x.rows(), x.columns());
    masks.apply(context, lora.dropout().get(), rows * x.columns(), x, dropped);
    return dropped;
  }

  private Tensor stackedA(LoraGroup lora) {
    if (lora.slices().size() == 1) {
      return lora.slices().get(0).a();
    }
    Tensor first = lora.slices().get(0).a();
    Tensor stacked =
        context
            .scratch()
            .tensor(Scratch.Purpose.STACKED_A, first.dtype(), lora.totalRank(), first.columns());
    long row = 0;
    for (LoraSlice slice : lora.slices()) {
      for (long r = 0; r < slice.rank(); r++) {
        RowAccess.copy(slice.a(), r, stacked, row++);
      }
    }
    return stacked;
  }
}
