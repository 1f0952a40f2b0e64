package io.adapterworks.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;

/** A primitive in as many parts as threads share it, each with its own oneDNN objects. */
final class KernelParts implements AutoCloseable {
  /** Outputs smaller than this are not worth a second thread, unless a large weight is read. */
  private static final long SMALLEST = 4096;

  private static final long LARGE_WEIGHT = 1 << 20;

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
    if (threads == 1 || axis < 0 || isSmall(spec)) {
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

  private static boolean isSmall(KernelSpec spec) {
    boolean readsMuch =
        spec instanceof KernelSpec.Matmul product
            && product.b().isChosen()
            && product.b().elements() >= LARGE_WEIGHT;
    return spec.output().elements() < SMALLEST && !readsMuch;
  }

  private static long grain(KernelSpec spec, int axis) {
    Layout output = spec.output();
    if (output.rank() == 1) {
      return VECTOR_GRAIN;
    }
    if (!(spec instanceof KernelSpec.Matmul product) || axis < output.rank() - 2) {
      return 1;
    }
    boolean byColumns = axis == output.rank() - 1;
    return byColumns ? Math.max(PRODUCT_GRAIN, product.b().columnGrain()) : PRODUCT_GRAIN;
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
