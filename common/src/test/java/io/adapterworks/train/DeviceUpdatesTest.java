package io.adapterworks.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.SharedFolder;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.adapter.ParameterLayout;
import io.adapterworks.engine.AdamStep;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.TrainablePass;
import io.adapterworks.pass.UpdatingPass;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Steps taken by a device are DL4J's steps. The device is played by a pass that computes AdamW in
 * doubles; its loss is half the squared distance of the parameters from a target.
 */
class DeviceUpdatesTest {
  private static final int STEPS = 12;
  private static final TokenBatch BATCH =
      TokenBatch.of(List.of(TokenRow.scored(new int[] {1, 2, 3}, new int[] {2, 3, 4})));

  private static LoraAdapter adapter;

  @BeforeAll
  static void openAdapter() {
    try (BaseModel base =
        BaseModelReader.open(SharedFolder.require("fixtures/stories260K").toString())) {
      LoraConfig lora = LoraConfig.of(4, 8, List.of("q_proj", "v_proj"));
      adapter = LoraAdapter.initialise(base, lora, Optional.empty(), 1);
    }
  }

  private static TrainingConfig config() {
    return new TrainingConfig(
        1,
        1,
        1e-2,
        4,
        0.25,
        TrainingConfig.Decay.COSINE,
        0.05,
        1,
        0,
        0,
        0.9,
        0.99,
        1e-8,
        new TrainingConfig.EarlyStopping(0, 0),
        0);
  }

  /** The host's part: a loss and its gradient. */
  private static class Distance implements TrainablePass {
    final float[] values = adapter.values();

    @Override
    public ParameterLayout layout() {
      return adapter.layout();
    }

    @Override
    public int outputs() {
      return 512;
    }

    @Override
    public void setParameters(float[] parameters) {
      System.arraycopy(parameters, 0, values, 0, values.length);
    }

    @Override
    public double lossAndGradient(TokenBatch batch, long dropoutSeed, float[] gradient) {
      double loss = 0;
      for (int i = 0; i < values.length; i++) {
        gradient[i] = values[i] - (float) Math.sin((double) (i + dropoutSeed));
        loss += 0.5 * gradient[i] * gradient[i];
      }
      return loss;
    }

    @Override
    public double loss(TokenBatch batch) {
      return lossAndGradient(batch, 0, new float[values.length]);
    }

    @Override
    public void close() {
      // Holds nothing.
    }
  }

  /** The same with a device that updates. */
  private static class UpdatingDistance extends Distance implements UpdatingPass {
    private final double[] exact = new double[values.length];
    private final double[] mean = new double[values.length];
    private final double[] square = new double[values.length];

    @Override
    public boolean canUpdate() {
      return true;
    }

    @Override
    public void setParameters(float[] parameters) {
      super.setParameters(parameters);
      Arrays.setAll(exact, i -> values[i]);
    }

    @Override
    public DoubleSupplier start(TokenBatch batch, long dropoutSeed, AdamStep update) {
      float[] gradient = new float[values.length];
      double loss = lossAndGradient(batch, dropoutSeed, gradient);
      double norm = 0;
      for (float g : gradient) {
        norm += (double) g * g;
      }
      double clip = Math.min(1, update.maxGradientNorm() / Math.sqrt(norm));
      for (AdamStep.Range range : update.ranges()) {
        for (int i = (int) range.from(); i < range.from() + range.count(); i++) {
          move(i, clip * gradient[i], update, range);
        }
      }
      double result = loss;
      return () -> result;
    }

    private void move(int i, double g, AdamStep update, AdamStep.Range range) {
      mean[i] = update.beta1() * mean[i] + (1 - update.beta1()) * g;
      square[i] = update.beta2() * square[i] + (1 - update.beta2()) * g * g;
      double first = mean[i] / (1 - Math.pow(update.beta1(), update.number()));
      double root = Math.sqrt(square[i] / (1 - Math.pow(update.beta2(), update.number())));
      exact[i] -=
          range.learningRate() * (first / (root + update.epsilon()) + range.decay() * exact[i]);
      values[i] = (float) exact[i];
    }

    @Override
    public void readParameters(float[] to) {
      System.arraycopy(values, 0, to, 0, to.length);
    }

    @Override
    public void readMoments(float[] means, float[] squares) {
      for (int i = 0; i < means.length; i++) {
        means[i] = (float) mean[i];
        squares[i] = (float) square[i];
      }
    }

    @Override
    public void setMoments(float[] means, float[] squares) {
      Arrays.setAll(mean, i -> means[i]);
      Arrays.setAll(square, i -> squares[i]);
    }
  }

  @Test
  void aStepIsStartedBeforeTheLastOnesLossIsWaitedFor() {
    List<String> order = new ArrayList<>();
    UpdatingDistance pass =
        new UpdatingDistance() {
          @Override
          public DoubleSupplier start(TokenBatch batch, long dropoutSeed, AdamStep update) {
            DoubleSupplier loss = super.start(batch, dropoutSeed, update);
            order.add("start " + dropoutSeed);
            return () -> {
              order.add("loss " + dropoutSeed);
              return loss.getAsDouble();
            };
          }
        };
    PassSteps ahead = new PassSteps(pass, config());
    ahead.begin(TrainingState.initial(adapter.values()), new StepPlan(STEPS, STEPS));
    assertEquals(1, ahead.roundLength(0), "nobody knows yet how long a step takes");
    List<StepOutcome> outcomes = ahead.run(List.of(BATCH, BATCH, BATCH), new long[] {0, 1, 2});
    assertEquals(List.of("start 0", "start 1", "loss 0", "start 2", "loss 1", "loss 2"), order);
    assertTrue(ahead.roundLength(0) > 1, "these steps are fast");

    AdapterNetwork single = network(new UpdatingDistance());
    for (int step = 0; step < 3; step++) {
      double rate = single.learningRate();
      assertEquals(new StepOutcome(single.step(BATCH, step), rate), outcomes.get(step));
    }
    assertArrayEquals(single.parameters(), ahead.parameters());
  }

  private static AdapterNetwork network(TrainablePass pass) {
    return new AdapterNetwork(pass, config(), STEPS, adapter.values());
  }

  @Test
  void parametersAndMomentsAreThoseOfTheHostsUpdate() {
    AdapterNetwork host = network(new Distance());
    AdapterNetwork device = network(new UpdatingDistance());
    for (int step = 0; step < STEPS; step++) {
      assertEquals(host.learningRate(), device.learningRate());
      double expected = host.step(BATCH, step);
      assertEquals(expected, device.step(BATCH, step), 1e-4 * expected);
    }
    assertArrayEquals(host.parameters(), device.parameters(), 1e-5f);
    assertArrayEquals(host.updaterState(), device.updaterState(), 1e-6f);
    assertEquals(
        host.network().getIterationCount(), device.network().getIterationCount(), "iterations");
  }

  @Test
  void aRunGoesOnFromParametersAndMomentsThatWereReadHalfWay() {
    AdapterNetwork whole = network(new UpdatingDistance());
    AdapterNetwork first = network(new UpdatingDistance());
    for (int step = 0; step < STEPS; step++) {
      whole.step(BATCH, step);
      if (step < STEPS / 2) {
        first.step(BATCH, step);
      }
    }
    AdapterNetwork second =
        new AdapterNetwork(new UpdatingDistance(), config(), STEPS, first.parameters());
    second.resume(first.updaterState(), STEPS / 2, 0);
    for (int step = STEPS / 2; step < STEPS; step++) {
      second.step(BATCH, step);
    }
    assertArrayEquals(whole.parameters(), second.parameters(), 1e-6f);
  }

  @Test
  void listenersSeeEveryIterationsParametersAndScore() {
    UpdatingDistance pass = new UpdatingDistance();
    AdapterNetwork device = network(pass);
    List<String> seen = new ArrayList<>();
    device
        .network()
        .addListeners(
            new BaseTrainingListener() {
              @Override
              public void iterationDone(Model model, int iteration, int epoch) {
                boolean current = model.params().getFloat(7) == pass.values[7];
                seen.add(iteration + " " + current + " " + (model.score() > 0));
              }
            });
    device.step(BATCH, 0);
    device.step(BATCH, 1);
    assertEquals(List.of("0 true true", "1 true true"), seen);
  }
}
