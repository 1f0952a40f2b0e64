package io.adapterworks.engine.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where the time of some work on a {@link CpuEngine} went, kernel by kernel. */
public final class KernelProfile {
  private final List<Run> runs = new ArrayList<>();
  private long wallNanos;

  /** One kind of kernel: its name, how often it ran, and how long in all. */
  public record Line(String kind, int calls, double millis) {}

  /** One run of a kernel. */
  private static final class Run {
    private final KernelSpec spec;
    private final long[] operands;
    private final long nanos;

    private Run(KernelSpec spec, long[] operands, long nanos) {
      this.spec = spec;
      this.operands = operands;
      this.nanos = nanos;
    }
  }

  KernelProfile() {}

  void add(KernelSpec spec, long[] operands, long nanos) {
    runs.add(new Run(spec, operands.clone(), nanos));
  }

  void finish(long nanos) {
    wallNanos = nanos;
  }

  /** Time from start to end. */
  public double wallMillis() {
    return wallNanos / 1e6;
  }

  /** Floating-point operations of all matrix products. */
  public double productFlop() {
    return runs.stream()
        .filter(run -> run.spec instanceof KernelSpec.Matmul)
        .mapToDouble(run -> ((KernelSpec.Matmul) run.spec).flop())
        .sum();
  }

  /** All kernels by kind; the last line is what is not oneDNN: plain Java and calls. */
  public List<Line> lines() {
    Map<String, Line> kinds = new TreeMap<>();
    double known = 0;
    for (Run run : runs) {
      double millis = run.nanos / 1e6;
      known += millis;
      kinds.merge(
          run.spec.kind(),
          new Line(run.spec.kind(), 1, millis),
          (a, b) -> new Line(a.kind(), a.calls() + b.calls(), a.millis() + b.millis()));
    }
    List<Line> lines = new ArrayList<>(kinds.values());
    lines.add(new Line("plain Java", 0, wallMillis() - known));
    return lines;
  }

  /** Runs the products again, in their order, on their operands, without post-operations. */
  void replayProducts(DnnlRuntime dnnl) {
    for (Run run : runs) {
      if (run.spec instanceof KernelSpec.Matmul product) {
        dnnl.run(product.bare(), run.operands);
      }
    }
  }
}
