package io.adapterworks.pass;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.AdamStep;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Trains an adapter for 200 steps on rows of token ids and prints the loss of the last ones: the
 * same run on the processor and on a card must end alike.
 */
final class LoraRun {
  private static final int STEPS = 200;
  private static final int ROWS_A_STEP = 4;
  private static final int LAST = 20;
  private static final double RATE = 3e-3;
  private static final LoraConfig LORA = LoraConfig.of(8, 16, List.of(LoraConfig.ALL_LINEAR));

  private LoraRun() {}

  /** {@code MODEL_FOLDER IDS_FILE CPU|CUDA FLOAT32|BFLOAT16}; the file has a row of ids a line. */
  public static void main(String[] arguments) throws IOException {
    EngineSettings settings =
        new EngineSettings(
            EngineSettings.Device.valueOf(arguments[2]),
            EngineSettings.ComputeType.valueOf(arguments[3]),
            0);
    List<TokenBatch> batches = batches(Path.of(arguments[1]));
    try (BaseModel base = BaseModelReader.open(arguments[0]);
        Engine engine = EngineFactory.open(settings)) {
      LoraAdapter adapter = LoraAdapter.initialise(base, LORA, Optional.empty(), 1);
      try (LlamaPass pass = new LlamaPass(engine, base, adapter, PassOptions.DEFAULT)) {
        long start = System.nanoTime();
        double[] losses = train(pass, batches, adapter.values());
        System.out.printf(
            Locale.ROOT,
            "%s %s: loss %.5f at first, %.5f over the last %d of %d steps, %.1f s%n",
            arguments[2],
            arguments[3],
            losses[0],
            Arrays.stream(losses, STEPS - LAST, STEPS).average().orElseThrow(),
            LAST,
            STEPS,
            (System.nanoTime() - start) * 1e-9);
      }
    }
  }

  private static List<TokenBatch> batches(Path file) throws IOException {
    List<TokenRow> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      int[] ids = Arrays.stream(line.split(" ")).mapToInt(Integer::parseInt).toArray();
      rows.add(TokenRow.text(ids));
    }
    List<TokenBatch> batches = new ArrayList<>();
    for (int i = 0; i + ROWS_A_STEP <= rows.size(); i += ROWS_A_STEP) {
      batches.add(TokenBatch.of(rows.subList(i, i + ROWS_A_STEP)));
    }
    return batches;
  }

  private static double[] train(LlamaPass pass, List<TokenBatch> batches, float[] values) {
    double[] losses = new double[STEPS];
    double[] mean = new double[values.length];
    double[] square = new double[values.length];
    for (int i = 0; i < STEPS; i++) {
      TokenBatch batch = batches.get(i % batches.size());
      AdamStep.Range all = new AdamStep.Range(0, values.length, RATE, 0);
      AdamStep step = new AdamStep(i + 1, 0.9, 0.999, 1e-8, 1, List.of(all));
      if (pass.canUpdate()) {
        losses[i] = pass.start(batch, i, step).getAsDouble();
      } else {
        float[] gradient = new float[values.length];
        losses[i] = pass.lossAndGradient(batch, i, gradient);
        update(step, gradient, values, mean, square);
        pass.setParameters(values);
      }
    }
    return losses;
  }

  private static void update(
      AdamStep step, float[] gradient, float[] values, double[] mean, double[] square) {
    double norm = 0;
    for (float g : gradient) {
      norm += (double) g * g;
    }
    double clip = Math.min(1, step.maxGradientNorm() / Math.sqrt(norm));
    for (int i = 0; i < values.length; i++) {
      double g = clip * gradient[i];
      mean[i] = step.beta1() * mean[i] + (1 - step.beta1()) * g;
      square[i] = step.beta2() * square[i] + (1 - step.beta2()) * g * g;
      double first = mean[i] / (1 - Math.pow(step.beta1(), step.number()));
      double root = Math.sqrt(square[i] / (1 - Math.pow(step.beta2(), step.number())));
      values[i] -= (float) (RATE * first / (root + step.epsilon()));
    }
  }
}
