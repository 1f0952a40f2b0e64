package io.adapterworks.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.function.Consumer;

/**
 * An engine beside the {@link ReferenceEngine}: tensors are made on both from the same numbers,
 * primitives run on both, results are compared. Closing closes both.
 *
 * <p>Tolerances, on ‖result − reference‖ / ‖reference‖ over the whole tensor: 2e-5 for an engine
 * that computes in float32, 1e-2 for bfloat16 (eight bits of mantissa: each rounding is up to 4e-3
 * of its value). A single element may be off by eight times as much of the largest. A reference
 * below 0.01 counts as 0.01, since inputs are of order 1 and exact zeros come out as rounding
 * noise.
 */
public final class EnginePair implements AutoCloseable {
  private static final double SMALL = 0.01;
  private static final double ELEMENT_SLACK = 8;

  /** One of the two engines, and its part of a twin. */
  public final class Side {
    private final Engine engine;

    private Side(Engine engine) {
      this.engine = engine;
    }

    public Engine engine() {
      return engine;
    }

    public Tensor of(Twin twin) {
      return engine == tested ? twin.tested() : twin.reference();
    }

    /** Segments whose device copy is {@code starts}, made by {@link EnginePair#starts}. */
    public Segments segments(Twin starts) {
      int[] positions = new int[(int) starts.reference().columns()];
      reference.transfer().download(starts.reference(), positions);
      return new Segments(positions, of(starts));
    }
  }

  private final Engine tested;
  private final Engine reference;
  private final TensorScope testedScope;
  private final TensorScope referenceScope;
  private final Random random;

  public EnginePair(Engine tested, long seed) {
    this.tested = tested;
    this.reference = new ReferenceEngine(tested.computeType());
    this.testedScope = tested.openScope("contract");
    this.referenceScope = reference.openScope("contract");
    this.random = new Random(seed);
  }

  public DType computeType() {
    return tested.computeType();
  }

  /** What the class comment says. */
  public double tolerance() {
    return computeType() == DType.FLOAT32 ? 2e-5 : 1e-2;
  }

  public Random random() {
    return random;
  }

  /** Runs {@code primitive} on both. */
  public void both(Consumer<Side> primitive) {
    primitive.accept(new Side(tested));
    primitive.accept(new Side(reference));
  }

  public Twin empty(DType dtype, long... sizes) {
    return new Twin(testedScope.allocate(dtype, sizes), referenceScope.allocate(dtype, sizes));
  }

  /** Holds {@code values}, rounded to {@code dtype}. */
  public Twin of(DType dtype, float[] values, long... sizes) {
    Twin twin = empty(dtype, sizes);
    both(side -> side.engine().transfer().upload(values, side.of(twin)));
    return twin;
  }

  /** {@code spread} · normally distributed numbers. */
  public Twin spread(double spread, DType dtype, long... sizes) {
    return of(dtype, normals(Shape.of(sizes).elements(), spread), sizes);
  }

  /** Normally distributed numbers. */
  public Twin normal(DType dtype, long... sizes) {
    return spread(1, dtype, sizes);
  }

  /** NaN everywhere: an output that must be set. */
  public Twin poisoned(DType dtype, long... sizes) {
    float[] values = new float[(int) Shape.of(sizes).elements()];
    Arrays.fill(values, Float.NaN);
    return of(dtype, values, sizes);
  }

  /** Spare columns that the tested engine asks for beside operands of layers of this rank. */
  public int spareColumns(int totalRank) {
    return tested.linear().spareColumns(totalRank);
  }

  /** The same numbers with {@code spare} columns beside them, which are NaN. */
  public Twin withSpare(Twin twin, int spare) {
    Twin wide = poisoned(twin.tested().dtype(), twin.tested().rows(), columns(twin) + spare);
    both(s -> s.engine().transfer().cast(s.of(twin), s.of(wide.columns(0, columns(twin)))));
    return wide.sparing(spare);
  }

  /** The same numbers beside what the tested engine asks to have spare for pairs of this rank. */
  public Twin spared(Twin twin, int totalRank) {
    return withSpare(twin, spareColumns(totalRank));
  }

  private static long columns(Twin twin) {
    return twin.tested().columns();
  }

  /** Copies what may lie strided, so that it can be compared. */
  public Twin dense(Twin twin) {
    Twin copy = empty(twin.tested().dtype(), twin.tested().rows(), columns(twin));
    both(s -> s.engine().transfer().cast(s.of(twin), s.of(copy)));
    return copy;
  }

  /** Poisoned where it will be set, numbers where it will be added to. */
  public Twin output(Write write, DType dtype, long... sizes) {
    return write == Write.SET ? poisoned(dtype, sizes) : normal(dtype, sizes);
  }

  public Twin integers(int... values) {
    Twin twin = empty(DType.INT32, values.length);
    both(side -> side.engine().transfer().upload(values, side.of(twin)));
    return twin;
  }

  /** {@code count} integers in [0, bound). */
  public Twin integersBelow(int bound, int count) {
    return integers(random.ints(count, 0, bound).toArray());
  }

  /** The device part of segments of these lengths. */
  public Twin starts(int... lengths) {
    int[] starts = new int[lengths.length + 1];
    for (int i = 0; i < lengths.length; i++) {
      starts[i + 1] = starts[i] + lengths[i];
    }
    return integers(starts);
  }

  /** A dropout seed and origin on the device. */
  public Twin seed(long seed, long origin) {
    Twin twin = empty(DType.INT64, 2);
    both(side -> side.engine().transfer().upload(new long[] {seed, origin}, side.of(twin)));
    return twin;
  }

  public float[] normals(long count, double spread) {
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (spread * random.nextGaussian());
    }
    return values;
  }

  /** Fails unless both sides of a contiguous twin agree within {@link #tolerance()}. */
  public void assertClose(String what, Twin twin) {
    assertClose(what, twin, tolerance());
  }

  /** Fails unless both sides of a contiguous twin agree within {@code tolerance}. */
  public void assertClose(String what, Twin twin, double tolerance) {
    float[] actual = values(tested, twin.tested());
    float[] expected = values(reference, twin.reference());
    double difference = 0;
    double norm = 0;
    double worst = 0;
    double largest = SMALL;
    int worstAt = 0;
    for (int i = 0; i < actual.length; i++) {
      double off = Math.abs(actual[i] - expected[i]);
      off = Double.isNaN(off) ? Double.POSITIVE_INFINITY : off;
      difference += off * off;
      norm += expected[i] * expected[i];
      largest = Math.max(largest, Math.abs(expected[i]));
      if (off > worst) {
        worst = off;
        worstAt = i;
      }
    }
    double scale = Math.max(Math.sqrt(norm), SMALL * Math.sqrt(actual.length));
    double relative = Math.sqrt(difference) / scale;
    assertTrue(
        relative <= tolerance && worst <= ELEMENT_SLACK * tolerance * largest,
        String.format(
            Locale.ROOT,
            "%s %s: relative error %.2e, expected at most %.2e; worst element %d is %g, expected"
                + " %g",
            what,
            twin.tested(),
            relative,
            tolerance,
            worstAt,
            actual.length == 0 ? 0 : actual[worstAt],
            actual.length == 0 ? 0 : expected[worstAt]));
  }

  /** The tested side's elements. */
  public float[] tested(Twin twin) {
    return values(tested, twin.tested());
  }

  private static float[] values(Engine engine, Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    engine.transfer().download(tensor, values);
    return values;
  }

  @Override
  public void close() {
    testedScope.close();
    referenceScope.close();
    tested.close();
    reference.close();
  }
}
