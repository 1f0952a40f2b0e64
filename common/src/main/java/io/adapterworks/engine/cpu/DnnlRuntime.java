package io.adapterworks.engine.cpu;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;

/** oneDNN's engine and stream, and the primitives made so far, the least recently used dropped. */
final class DnnlRuntime implements AutoCloseable {
  private static final int KEPT_KERNELS = 4096;

  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_stream stream = new dnnl_stream();
  private final Address address = new Address();
  private final LinkedHashMap<KernelSpec, Kernel> kernels = new LinkedHashMap<>(256, 0.75f, true);
  private KernelProfile profile;
  private NativeBlock scratch = new NativeBlock(1 << 20);

  DnnlRuntime() {
    DnnlStatus.check(dnnl.dnnl_engine_create(engine, dnnl.dnnl_cpu, 0), "a CPU engine");
    DnnlStatus.check(
        dnnl.dnnl_stream_create(stream, engine, dnnl.dnnl_stream_default_flags), "a stream");
  }

  /** The kernel for {@code spec}, made at its first use. */
  Kernel kernel(KernelSpec spec) {
    Kernel known = kernels.get(spec);
    if (known != null) {
      return known;
    }
    Kernel made = new Kernel(spec, engine);
    if (made.scratchBytes() > scratch.bytes()) {
      scratch.close();
      scratch = new NativeBlock(made.scratchBytes() * 5 / 4);
    }
    kernels.put(spec, made);
    if (kernels.size() > KEPT_KERNELS) {
      Map.Entry<KernelSpec, Kernel> oldest = kernels.entrySet().iterator().next();
      kernels.remove(oldest.getKey()).close();
    }
    return made;
  }

  /** The form that a product chose for its second operand. */
  Layout chosenWeights(KernelSpec.Matmul spec) {
    dnnl_memory_desc chosen = new dnnl_memory_desc();
    DnnlStatus.check(
        dnnl.dnnl_memory_desc_clone(chosen, kernel(spec).weights()), "the form of a weight");
    return spec.b().as(chosen);
  }

  /** Runs {@code spec} on operands at these addresses, in the order of the specification. */
  void run(KernelSpec spec, long... operands) {
    Kernel kernel = kernel(spec);
    if (profile == null) {
      kernel.run(stream, address, scratch.address(), operands);
      return;
    }
    long start = System.nanoTime();
    kernel.run(stream, address, scratch.address(), operands);
    profile.add(spec, operands, System.nanoTime() - start);
  }

  /** Writes down every kernel that {@code work} runs. */
  KernelProfile profile(Runnable work) {
    KernelProfile result = new KernelProfile();
    profile = result;
    try {
      long start = System.nanoTime();
      work.run();
      result.finish(System.nanoTime() - start);
    } finally {
      profile = null;
    }
    return result;
  }

  @Override
  public void close() {
    kernels.values().forEach(Kernel::close);
    kernels.clear();
    scratch.close();
    dnnl.dnnl_stream_destroy(stream);
    dnnl.dnnl_engine_destroy(engine);
  }
}
