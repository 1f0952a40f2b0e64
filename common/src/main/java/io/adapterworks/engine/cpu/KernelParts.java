package io.adapterworks.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;

/** A primitive in as many parts as threads share it, each with its own oneDNN objects. */
final class KernelParts implements AutoCloseable {
  /** Outputs smaller than this are not worth a second thread. */
  private static final long SMALLEST = 4096;

  /** Rows and columns of products are divided at multiples of this. */
  private static final long PRODUCT_GRAIN = 16;

  /** Long vectors are divided at multiples of this: a cache line and a vector register. */
  private static final long VECTOR_GRAIN = 64;

  private final List<Kernel> kernels = new ArrayList<>();

  KernelParts(KernelSpec spec, int threads, dnnl_engine engine) {
    for (KernelSpec part : divide(spec, threads)) {
      kernels.add(new Kernel(part, engine));
    }
  }

  /** The parts of {@code spec}; itself alone where it cannot be divided. */
  static List<KernelSpec> divide(KernelSpec spec, int threads) {
    int axis = spec.parallelAxis();
    Layout output = spec.output();
    if (threads == 1 || axis < 0 || output.elements() < SMALLEST) {
      return List.of(spec);
    }
    long size = output.size(axis);
    long grain = grain(spec, axis);
    List<KernelSpec> parts = new ArrayList<>();
    long from = 0;
    for (int i = 0; i < threads && from < size; i++) {
      long even = (size - from + threads - i - 1) / (threads - i);
      long count = Math.min(size - from, (even + grain - 1) / grain * grain);
      parts.add(spec.slice(axis, from, count));
      from += count;
    }
    return parts.size() == 1 ? List.of(spec) : parts;
  }

  private static long grain(KernelSpec spec, int axis) {
    Layout output = spec.output();
    if (output.rank() == 1) {
      return VECTOR_GRAIN;
    }
    boolean matrix = spec instanceof KernelSpec.Matmul && axis >= output.rank() - 2;
    return matrix ? PRODUCT_GRAIN : 1;
  }

  int count() {
    return kernels.size();
  }

  Kernel get(int part) {
    return kernels.get(part);
  }

  @Override
  public void close() {
    kernels.forEach(Kernel::close);
  }
}
