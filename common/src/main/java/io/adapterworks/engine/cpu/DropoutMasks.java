package io.adapterworks.engine.cpu;

import io.adapterworks.engine.Dropout;
import io.adapterworks.engine.Write;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.global.dnnl;

/**
 * Computes dropout masks and keeps those of the current seed, because backward needs forward's
 * again. Only small masks are kept: memory must not grow with the model.
 */
final class DropoutMasks implements AutoCloseable {
  private static final long KEPT_BYTES = 64L << 20;
  private static final int LANES = 8;

  /** A thread's share of a mask is a multiple of so many counters. */
  private static final int GRAIN = 64;

  private final CpuTeam team;
  private final Philox[] lanes;
  private final Map<Integer, Kept> kept = new HashMap<>();
  private final Scratch scratch;
  private long keptBytes;

  DropoutMasks(Scratch scratch, CpuTeam team) {
    this.scratch = scratch;
    this.team = team;
    this.lanes = new Philox[team.size()];
    Arrays.setAll(lanes, i -> new Philox());
  }

  private static final class Kept {
    private long seed;
    private long first;
    private int threshold;
    private long counters;
    private NativeBlock mask;
  }

  /** The address of the mask's bytes for rows of {@code columns}, 1 where an element is kept. */
  private long address(Dropout dropout, long rows, long columns) {
    LongBuffer state = CpuStorage.of(dropout.seed()).block().longs();
    int at = CpuStorage.index(dropout.seed(), 0);
    Stream stream = new Stream(dropout, state.get(at), state.get(at + 1) * groups(columns));
    int counters = Math.toIntExact(groups(rows * columns));
    long bytes = (long) counters * LANES;
    Kept known = kept.get(dropout.site());
    if (known == null || known.mask.bytes() < bytes) {
      known = make(dropout.site(), known, bytes);
    }
    if (known == null) {
      NativeBlock mask = scratch.block(Scratch.Purpose.DROPOUT_MASK, bytes);
      fill(stream, mask, 0, counters);
      return mask.address();
    }
    if (known.seed != stream.seed
        || known.first != stream.first
        || known.threshold != dropout.threshold()) {
      known.counters = 0;
      known.seed = stream.seed;
      known.first = stream.first;
      known.threshold = dropout.threshold();
    }
    if (known.counters < counters) {
      fill(stream, known.mask, (int) known.counters, counters);
      known.counters = counters;
    }
    return known.mask.address();
  }

  private static long groups(long elements) {
    return (elements + LANES - 1) / LANES;
  }

  /**
   * The numbers that one mask is made of.
   *
   * @param first the counter of the mask's first eight elements
   */
  private record Stream(Dropout dropout, long seed, long first) {}

  /** Eights {@code [from, to)} of the mask, shared between the threads. */
  private void fill(Stream stream, NativeBlock mask, int from, int to) {
    int share = (to - from + team.size() - 1) / team.size();
    int rounded = (share + GRAIN - 1) / GRAIN * GRAIN;
    team.run(
        part -> {
          int first = from + part * rounded;
          int last = Math.min(to, first + rounded);
          lanes[part].fill(
              new Philox.Key(stream.seed, stream.dropout.site(), stream.first),
              stream.dropout.threshold(),
              mask,
              first,
              last);
        });
  }

  /** y = or += dropout(x), of the first {@code rows} of contiguous tensors. */
  void apply(CpuContext context, Dropout dropout, long rows, Tensor x, Write write, Tensor y) {
    long elements = rows * x.columns();
    Layout layout = Layout.dense(x.dtype(), elements);
    PostOp scale = new PostOp.Scale(1f / (1f - dropout.probability()));
    KernelSpec spec =
        new KernelSpec.Binary(
            dnnl.dnnl_binary_mul,
            layout,
            Layout.dense(DType.UINT8, elements),
            layout,
            write == Write.ADD ? List.of(scale, PostOp.ADD_TO_OUTPUT) : List.of(scale));
    context
        .dnnl()
        .run(
            spec,
            CpuStorage.address(x),
            address(dropout, rows, x.columns()),
            CpuStorage.address(y));
  }

  private Kept make(int site, Kept smaller, long bytes) {
    if (smaller != null) {
      keptBytes -= smaller.mask.bytes();
      smaller.mask.close();
      kept.remove(site);
    }
    long roomy = bytes + bytes / 4;
    if (keptBytes + roomy > KEPT_BYTES) {
      return null;
    }
    keptBytes += roomy;
    Kept made = new Kept();
    made.mask = new NativeBlock(roomy);
    kept.put(site, made);
    return made;
  }

  @Override
  public void close() {
    kept.values().forEach(k -> k.mask.close());
    kept.clear();
  }
}
