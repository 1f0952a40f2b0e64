package io.adapterworks.pass;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.AdamStep;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.Transpose;
import io.adapterworks.engine.Write;
import io.adapterworks.engine.cuda.CudaEngine;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.RandomModel;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * Training steps of Llama shapes with random weights on a card: tokens per second, memory, the
 * share of the card's matrix rate, and where the time goes. Rank 8 on query, key, value and output.
 * A step takes token ids from the host, ends with AdamW on the card, and gives the loss back; as in
 * training, the next is started before the loss is waited for.
 */
final class LlamaBench {
  private static final int WARM = 5;
  private static final int TIMED = 40;

  /** Steps whose median is told too: before the card is as hot as training makes it. */
  private static final int FIRST = 10;

  private static final int SHOWN = 20;

  /** What an H100 did on one product of 8192³ in bfloat16. */
  private static final double CARD_RATE = 800e12;

  private static final LoraConfig LORA =
      LoraConfig.of(8, 16, List.of("q_proj", "k_proj", "v_proj", "o_proj"));

  private LlamaBench() {}

  /**
   * {@code rate}: what the card does on one large product, at first and once its power limit holds
   * it; or {@code [profile|trace] SHAPE...}: with "profile" also the time of each primitive;
   * "trace" only runs two steps kernel by kernel, for a profiler to look at.
   */
  public static void main(String[] arguments) {
    List<String> modes = List.of("profile", "trace");
    List<String> given = Arrays.asList(arguments);
    for (String name : given) {
      if (name.equals("rate")) {
        measureRate();
      } else if (!modes.contains(name)) {
        LlamaShape shape = LlamaShape.named(name);
        if (!given.contains("trace")) {
          measure(shape);
        }
        if (modes.stream().anyMatch(given::contains)) {
          profile(shape);
        }
      }
    }
  }

  private static CudaEngine open() {
    return CudaEngine.open(
        new EngineSettings(EngineSettings.Device.CUDA, EngineSettings.ComputeType.BFLOAT16, 0));
  }

  private static void measureRate() {
    int size = 8192;
    try (CudaEngine engine = open();
        TensorScope scope = engine.openScope("rate")) {
      Tensor a = scope.allocate(DType.BFLOAT16, size, size);
      Tensor b = scope.allocate(DType.BFLOAT16, size, size);
      Tensor c = scope.allocate(DType.BFLOAT16, size, size);
      float[] values = new float[size * size];
      Random random = new Random(1);
      for (Tensor matrix : List.of(a, b)) {
        for (int i = 0; i < values.length; i++) {
          values[i] = (random.nextFloat() - 0.5f) * 0.06f;
        }
        engine.transfer().upload(values, matrix);
      }
      engine.linear().product(a, Transpose.NO, b, Transpose.YES, Write.SET, c);
      for (int count : new int[] {10, 1000, 1000, 1000}) {
        engine.synchronize();
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
          engine.linear().product(a, Transpose.NO, b, Transpose.YES, Write.SET, c);
        }
        engine.synchronize();
        double seconds = (System.nanoTime() - start) * 1e-9;
        System.out.printf(
            Locale.ROOT,
            "%d products of %d cubed: %.0f TFLOP/s over %.2f s%n",
            count,
            size,
            2.0 * size * size * size * count / seconds * 1e-12,
            seconds);
      }
    }
  }

  private static TokenBatch batch(LlamaShape shape) {
    Random random = new Random(1);
    List<TokenRow> rows = new ArrayList<>();
    for (int i = 0; i < shape.batch(); i++) {
      int vocabulary = shape.config().vocabulary();
      int[] ids = random.ints(LlamaShape.LENGTH, 0, vocabulary).toArray();
      int[] labels = random.ints(LlamaShape.LENGTH, 0, vocabulary).toArray();
      Arrays.fill(labels, 0, shape.prompt(), TokenBatch.IGNORED);
      rows.add(TokenRow.scored(ids, labels));
    }
    return TokenBatch.of(rows);
  }

  /** Steps of a shape on an engine. */
  private static final class Steps implements AutoCloseable {
    private final BaseModel base;
    private final LlamaPass pass;
    private final TokenBatch batch;
    private final float[] parameters;
    private final float[] gradient;
    private int number;

    Steps(Engine engine, LlamaShape shape) {
      this.base = RandomModel.of(shape.config());
      LoraAdapter adapter = LoraAdapter.initialise(base, LORA, Optional.empty(), 1);
      this.parameters = adapter.values();
      Random random = new Random(2);
      for (int i = 0; i < parameters.length; i++) {
        parameters[i] += (float) (0.01 * random.nextGaussian());
      }
      this.pass = new LlamaPass(engine, base, adapter, shape.options());
      this.batch = batch(shape);
      this.gradient = new float[parameters.length];
    }

    DoubleSupplier start() {
      AdamStep.Range all = new AdamStep.Range(0, parameters.length, 1e-4, 0.01);
      return pass.start(batch, 1, new AdamStep(++number, 0.9, 0.999, 1e-8, 1, List.of(all)));
    }

    double run() {
      return start().getAsDouble();
    }

    /** Parameters in, gradients out, both over the host: what an update there would cost more. */
    void throughTheHost() {
      pass.setParameters(parameters);
      pass.lossAndGradient(batch, 1, gradient);
    }

    boolean sameTwice() {
      throughTheHost();
      float[] first = gradient.clone();
      throughTheHost();
      return Arrays.equals(first, gradient);
    }

    @Override
    public void close() {
      pass.close();
      base.close();
    }
  }

  private static void measure(LlamaShape shape) {
    try (CudaEngine engine = open();
        Steps steps = new Steps(engine, shape)) {
      double loss = 0;
      for (int i = 0; i < WARM; i++) {
        loss = steps.run();
      }
      double[] seconds = timed(steps);
      double mean = Arrays.stream(seconds).average().orElseThrow();
      double median = median(Arrays.copyOf(seconds, FIRST));
      Arrays.sort(seconds);
      System.out.printf(
          Locale.ROOT,
          "%-13s %7.0f tok/s (%.0f in the first %d) %6.2f GiB %7.2f ms (%.2f to %.2f)"
              + " %4.0f TFLOP/s, %.0f %% of %.0f; loss %.4f, %s, %.2f GiB foretold%n",
          shape.name(),
          shape.tokens() / mean,
          shape.tokens() / median,
          FIRST,
          engine.committedBytes() / (double) (1L << 30),
          mean * 1e3,
          seconds[0] * 1e3,
          seconds[TIMED - 1] * 1e3,
          shape.operations() / mean * 1e-12,
          100 * shape.operations() / mean / CARD_RATE,
          CARD_RATE * 1e-12,
          loss,
          steps.sameTwice() ? "the same bytes twice" : "DIFFERENT BYTES",
          steps.pass.foretoldBytes(shape.tokens()) / (double) (1L << 30));
    }
  }

  private static double median(double[] seconds) {
    Arrays.sort(seconds);
    return seconds[seconds.length / 2];
  }

  /** Seconds from one step's loss to the next's. */
  private static double[] timed(Steps steps) {
    double[] seconds = new double[TIMED];
    DoubleSupplier loss = steps.start();
    long before = 0;
    for (int i = -1; i < TIMED; i++) {
      DoubleSupplier next = i == TIMED - 1 ? () -> 0 : steps.start();
      Check.that(Double.isFinite(loss.getAsDouble()), ErrorCode.NUMERIC, "the loss is no number");
      long now = System.nanoTime();
      if (i >= 0) {
        seconds[i] = (now - before) * 1e-9;
      }
      before = now;
      loss = next;
    }
    return seconds;
  }

  private static void profile(LlamaShape shape) {
    CudaEngine engine = open();
    TimedEngine timed = new TimedEngine(engine, engine::synchronize);
    try (timed;
        Steps steps = new Steps(timed, shape)) {
      steps.run();
      timed.milliseconds().clear();
      steps.run();
      print(timed.milliseconds(), System.out);
    }
  }

  private static void print(Map<String, Double> milliseconds, PrintStream out) {
    milliseconds.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()))
        .limit(SHOWN)
        .forEach(
            entry ->
                out.printf(Locale.ROOT, "    %-48s %8.2f ms%n", entry.getKey(), entry.getValue()));
  }
}
