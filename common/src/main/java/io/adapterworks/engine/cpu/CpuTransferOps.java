package io.adapterworks.engine.cpu;

import io.adapterworks.engine.TransferOps;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl;

/** Copies between Java arrays and native memory; conversions are oneDNN's reorders. */
final class CpuTransferOps implements TransferOps {
  private static final int FILL_CHUNK = 4096;

  private final CpuContext context;

  CpuTransferOps(CpuContext context) {
    this.context = context;
  }

  @Override
  public void upload(float[] from, Tensor to) {
    checkSize(from.length, to);
    if (to.dtype() == DType.FLOAT32) {
      CpuStorage.of(to).block().floats().put(CpuStorage.index(to, 0), from);
      return;
    }
    Tensor staged = context.scratch().tensor(Scratch.Purpose.UPLOAD, DType.FLOAT32, 1, from.length);
    CpuStorage.of(staged).block().floats().put(0, from);
    flat(staged, to);
  }

  @Override
  public void upload(int[] from, Tensor to) {
    checkSize(from.length, to);
    CpuStorage.of(to).block().ints().put(CpuStorage.index(to, 0), from);
  }

  @Override
  public void upload(long[] from, Tensor to) {
    checkSize(from.length, to);
    CpuStorage.of(to).block().longs().put(CpuStorage.index(to, 0), from);
  }

  @Override
  public void upload(HostTensor from, Tensor to) {
    if (from.dtype() != DType.FLOAT32 && from.dtype() != DType.BFLOAT16) {
      upload(from.toFloats(), to);
      return;
    }
    checkSize(from.shape().elements(), to);
    if (from.dtype() == to.dtype()) {
      int at = CpuStorage.index(to, 0) * to.dtype().bytes();
      CpuStorage.of(to).block().view().put(at, from.data(), 0, from.data().limit());
      return;
    }
    long elements = from.shape().elements();
    Tensor staged = context.scratch().tensor(Scratch.Purpose.UPLOAD, from.dtype(), 1, elements);
    CpuStorage.of(staged).block().view().put(0, from.data(), 0, from.data().limit());
    flat(staged, to);
  }

  @Override
  public void download(Tensor from, float[] to) {
    checkSize(to.length, from);
    Tensor source = from;
    if (from.dtype() != DType.FLOAT32) {
      source = context.scratch().tensor(Scratch.Purpose.UPLOAD, DType.FLOAT32, 1, to.length);
      flat(from, source);
    }
    CpuStorage.of(source).block().floats().get(CpuStorage.index(source, 0), to);
  }

  @Override
  public void download(Tensor from, int[] to) {
    checkSize(to.length, from);
    CpuStorage.of(from).block().ints().get(CpuStorage.index(from, 0), to);
  }

  @Override
  public void cast(Tensor from, Tensor to) {
    context.run(
        new KernelSpec.Reorder(CpuContext.matrix(from), CpuContext.matrix(to), List.of()),
        from,
        to);
  }

  @Override
  public void fill(Tensor to, float value) {
    float[] values = new float[FILL_CHUNK];
    Arrays.fill(values, value);
    Tensor staged =
        context.scratch().tensor(Scratch.Purpose.UPLOAD, DType.FLOAT32, 1, to.columns());
    for (int at = 0; at < to.columns(); at += FILL_CHUNK) {
      int count = Math.min(FILL_CHUNK, (int) to.columns() - at);
      CpuStorage.of(staged).block().floats().put(at, values, 0, count);
    }
    Tensor row = staged;
    if (to.dtype() != DType.FLOAT32) {
      row = context.scratch().tensor(Scratch.Purpose.CAST_A, to.dtype(), 1, to.columns());
      flat(staged, row);
    }
    for (long i = 0; i < to.rows(); i++) {
      RowAccess.copy(row, 0, to, i);
    }
  }

  @Override
  public void addScaled(Tensor from, float scale, Tensor to) {
    Tensor source = from;
    if (from.dtype() != to.dtype()) {
      source =
          context.scratch().tensor(Scratch.Purpose.CAST_A, to.dtype(), from.rows(), from.columns());
      cast(from, source);
    }
    if (!source.isContiguous() || !to.isContiguous()) {
      addRows(source, scale, to);
      return;
    }
    if (scale != 1f) {
      source = scaled(source, scale);
    }
    Layout flat = Layout.dense(to.dtype(), to.shape().elements());
    context.run(
        new KernelSpec.Binary(dnnl.dnnl_binary_add, flat, flat, flat, List.of()), source, to, to);
  }

  private Tensor scaled(Tensor from, float scale) {
    Tensor scaled =
        context.scratch().tensor(Scratch.Purpose.CAST_B, from.dtype(), from.rows(), from.columns());
    Layout flat = Layout.dense(from.dtype(), from.shape().elements());
    context.run(
        new KernelSpec.Eltwise(dnnl.dnnl_eltwise_linear, scale, 0f, flat, flat), from, scaled);
    return scaled;
  }

  private void addRows(Tensor from, float scale, Tensor to) {
    for (long i = 0; i < to.rows(); i++) {
      addScaled(from.rows(i, 1), scale, to.rows(i, 1));
    }
  }

  /** Converts two contiguous tensors of as many elements. */
  private void flat(Tensor from, Tensor to) {
    long elements = from.shape().elements();
    context.run(
        new KernelSpec.Reorder(
            Layout.dense(from.dtype(), elements), Layout.dense(to.dtype(), elements), List.of()),
        from,
        to);
  }

  private static void checkSize(long elements, Tensor tensor) {
    Check.that(
        elements == tensor.shape().elements() && tensor.isContiguous(),
        ErrorCode.MODEL,
        "%d elements for the tensor %s; expected as many as it has, and a contiguous one",
        elements,
        tensor);
  }
}
