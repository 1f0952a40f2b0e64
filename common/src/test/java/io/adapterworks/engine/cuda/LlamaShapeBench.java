package io.adapterworks.engine.cuda;

import io.adapterworks.engine.EngineSettings;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;

/**
 * Training steps of Llama shapes with random weights, as sequences of primitives: tokens per
 * second, memory, the share of the card's matrix rate, and where the time goes. Rank 8 on query,
 * key, value and output, no parameter update.
 */
final class LlamaShapeBench {
  private static final int WARM = 3;
  private static final int TIMED = 10;
  private static final double CARD_RATE = 800e12;

  private LlamaShapeBench() {}

  /** {@code [profile] SHAPE...}. */
  public static void main(String[] arguments) {
    boolean profile = Arrays.asList(arguments).contains("profile");
    Arrays.stream(arguments)
        .filter(name -> !name.equals("profile"))
        .forEach(name -> measure(LlamaShape.named(name), profile));
  }

  private static void measure(LlamaShape shape, boolean profile) {
    PrintStream out = System.out;
    EngineSettings settings =
        new EngineSettings(EngineSettings.Device.CUDA, EngineSettings.ComputeType.BFLOAT16, 0);
    try (CudaEngine engine = CudaEngine.open(settings)) {
      LlamaSteps steps = new LlamaSteps(engine, shape);
      for (int i = 0; i < WARM; i++) {
        steps.run();
      }
      double[] seconds = new double[TIMED];
      for (int i = 0; i < TIMED; i++) {
        long start = System.nanoTime();
        steps.run();
        engine.synchronize();
        seconds[i] = (System.nanoTime() - start) * 1e-9;
      }
      Arrays.sort(seconds);
      double median = seconds[TIMED / 2];
      out.printf(
          Locale.ROOT,
          "%-14s %8.0f tok/s  %6.2f GiB  %7.2f ms/step (%.2f to %.2f)  %.0f TFLOP/s, %.0f %% of %.0f  loss %.4f %s%n",
          shape.name(),
          shape.tokens() / median,
          engine.committedBytes() / (double) (1L << 30),
          median * 1e3,
          seconds[0] * 1e3,
          seconds[TIMED - 1] * 1e3,
          shape.operations() / median * 1e-12,
          100 * shape.operations() / median / CARD_RATE,
          CARD_RATE * 1e-12,
          steps.loss(),
          steps.sameGradientsTwice() ? "deterministic" : "NOT DETERMINISTIC");
      if (profile) {
        Map<String, Double> spent = steps.profile();
        spent.entrySet().stream()
            .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()))
            .forEach(
                entry ->
                    out.printf(
                        Locale.ROOT, "    %-28s %8.2f ms%n", entry.getKey(), entry.getValue()));
      }
    }
  }
}
