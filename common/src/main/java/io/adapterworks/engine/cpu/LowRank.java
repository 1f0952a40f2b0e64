package io.adapterworks.engine.cpu;

import io.adapterworks.engine.LoraGroup;
import io.adapterworks.engine.LoraSlice;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.List;

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

  /** Whether every one of {@code out} outputs has a pair. */
  boolean covers(LoraGroup lora, int out) {
    return lora.slices().stream().mapToInt(LoraSlice::out).sum() == out;
  }

  /** h = dropout(x)·Aᵀ; y = or += scale · h·Bᵀ on each slice's columns. */
  void forward(LoraGroup lora, Tensor x, Tensor h, Write write, Tensor y) {
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
      Tensor low = h.columns(column, slice.rank());
      Tensor target = y.columns(slice.outOffset(), slice.out());
      PostOp scale = new PostOp.Scale(slice.scale());
      context.run(
          new KernelSpec.Matmul(
              CpuContext.matrix(low, rows),
              CpuContext.matrix(slice.b()).transposed(),
              CpuContext.matrix(target, rows),
              write == Write.ADD ? List.of(scale, PostOp.ADD_TO_OUTPUT) : List.of(scale)),
          low,
          slice.b(),
          target);
      column += slice.rank();
    }
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
    Tensor a = stackedA(lora);
    boolean masked = lora.dropout().isPresent();
    Tensor target = dx;
    if (masked && write == Write.ADD) {
      target =
          context.scratch().tensor(Scratch.Purpose.DROPPED, dx.dtype(), dx.rows(), dx.columns());
    }
    boolean adds = !masked && write == Write.ADD;
    context.run(
        new KernelSpec.Matmul(
            CpuContext.matrix(dh, rows),
            CpuContext.matrix(a),
            CpuContext.matrix(target, rows),
            adds ? List.of(PostOp.ADD_TO_OUTPUT) : List.of()),
        dh,
        a,
        target);
    if (masked) {
      // On its own: as a post-operation of the product the mask takes several times as long.
      masks.apply(context, lora.dropout().get(), rows, target, write, dx);
    }
  }

  /** dropout(x), in scratch; x itself where nothing is dropped. */
  private Tensor dropped(LoraGroup lora, long rows, Tensor x) {
    if (lora.dropout().isEmpty()) {
      return x;
    }
    Tensor dropped =
        context.scratch().tensor(Scratch.Purpose.DROPPED, x.dtype(), x.rows(), x.columns());
    masks.apply(context, lora.dropout().get(), rows, x, Write.SET, dropped);
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
