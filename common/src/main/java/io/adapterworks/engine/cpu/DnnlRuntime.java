package io.adapterworks.engine.cpu;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.global.dnnl;

/** oneDNN's engine and streams, and the primitives made so far, the least recently used dropped. */
final class DnnlRuntime implements AutoCloseable {
  private static final int KEPT_KERNELS = 4096;
  private static final long FIRST_SCRATCH = 1 << 20;

  private final CpuTeam team;
  private final dnnl_engine engine = new dnnl_engine();
  private final Lane[] lanes;
  private final LinkedHashMap<KernelSpec, KernelParts> kernels =
      new LinkedHashMap<>(256, 0.75f, true);
  private final IntConsumer runPart = this::runPart;
  private KernelParts current;
  private long[] operands;
  private KernelProfile profile;

  /** What one thread needs for itself. */
  private static final class Lane {
    private final dnnl_stream stream = new dnnl_stream();
    private final Address address = new Address();
    private NativeBlock scratch = new NativeBlock(FIRST_SCRATCH);

    private void reserve(long bytes) {
      if (bytes > scratch.bytes()) {
        scratch.close();
        scratch = new NativeBlock(bytes * 5 / 4);
      }
    }
  }

  DnnlRuntime(CpuTeam team) {
    this.team = team;
    DnnlStatus.check(dnnl.dnnl_engine_create(engine, dnnl.dnnl_cpu, 0), "a CPU engine");
    lanes = new Lane[team.size()];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = new Lane();
      DnnlStatus.check(
          dnnl.dnnl_stream_create(lanes[i].stream, engine, dnnl.dnnl_stream_default_flags),
          "a stream");
    }
  }

  private KernelParts parts(KernelSpec spec) {
    KernelParts known = kernels.get(spec);
    if (known != null) {
      return known;
    }
    KernelParts made = new KernelParts(spec, team.size(), engine);
    for (int i = 0; i < made.count(); i++) {
      lanes[i].reserve(made.get(i).scratchBytes());
    }
    kernels.put(spec, made);
    if (kernels.size() > KEPT_KERNELS) {
      Map.Entry<KernelSpec, KernelParts> oldest = kernels.entrySet().iterator().next();
      kernels.remove(oldest.getKey()).close();
    }
    return made;
  }

  /** The form that a product chose for its second operand. */
  Layout chosenWeights(KernelSpec.Matmul spec) {
    try (Kernel kernel = new Kernel(spec, engine)) {
      dnnl_memory_desc chosen = new dnnl_memory_desc();
      DnnlStatus.check(
          dnnl.dnnl_memory_desc_clone(chosen, kernel.weights()), "the form of a weight");
      return spec.b().as(chosen);
    }
  }

  /** Runs {@code spec} on operands at these addresses, in the order of the specification. */
  void run(KernelSpec spec, long... addresses) {
    current = parts(spec);
    operands = addresses;
    long start = profile == null ? 0 : System.nanoTime();
    if (current.count() == 1) {
      runPart(0);
    } else {
      team.run(runPart);
    }
    if (profile != null) {
      profile.add(spec, addresses, System.nanoTime() - start);
    }
  }

  private void runPart(int part) {
    if (part < current.count()) {
      Lane lane = lanes[part];
      current.get(part).run(lane.stream, lane.address, lane.scratch.address(), operands);
    }
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
    kernels.values().forEach(KernelParts::close);
    kernels.clear();
    for (Lane lane : lanes) {
      lane.scratch.close();
      dnnl.dnnl_stream_destroy(lane.stream);
    }
    dnnl.dnnl_engine_destroy(engine);
  }
}
