package io.adapterworks.pass;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.adapter.Parameter;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.FrozenSource.WeightStorage;
import io.adapterworks.engine.Write;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.LinearModule;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * DoRA on query and value of a stacked product with biases, key without an adapter, while a third
 * of the input is dropped: as PEFT 0.21's DoraLinearVariant has it, result + (g − 1)·W·x̃ +
 * g·s·B·A·x̃ with x̃ = dropout(x), in float64 loops; gradients against central differences.
 */
class MagnitudesTest {
  private static final int ROWS = 7;
  private static final int HIDDEN = 48;
  private static final String PATH = "model.layers.0.self_attn.";
  private static final List<String> LAYERS =
      List.of(PATH + "q_proj", PATH + "k_proj", PATH + "v_proj");
  private static final LoraConfig DORA =
      new LoraConfig(
          3,
          6,
          1.0 / 3,
          List.of("q_proj", "v_proj"),
          Optional.empty(),
          List.of(),
          false,
          true,
          Map.of(),
          Map.of());

  @TempDir private Path scratch;

  private final SplittableRandom random = new SplittableRandom(17);

  private float[] normal(int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  private static double[][] rows(float[] values) {
    double[][] rows = new double[ROWS][values.length / ROWS];
    for (int i = 0; i < values.length; i++) {
      rows[i / rows[0].length][i % rows[0].length] = values[i];
    }
    return rows;
  }

  /** The product in float64, with the mask that the engine has drawn. */
  @SuppressWarnings("ArrayRecordComponent") // made and read here, never compared
  private record Plain(Map<String, double[]> weights, PlainLora lora, double[][] mask) {
    double[][] forward(double[][] x, double[][] residual) {
      double[][] dropped = new double[ROWS][HIDDEN];
      double[][] rest = new double[ROWS][HIDDEN];
      for (int t = 0; t < ROWS; t++) {
        for (int i = 0; i < HIDDEN; i++) {
          dropped[t][i] = x[t][i] * mask[t][i];
          rest[t][i] = x[t][i] - dropped[t][i];
        }
      }
      double[][] y = new double[ROWS][residual[0].length];
      int at = 0;
      for (String path : LAYERS) {
        double[][] adapted = lora.linear(path, dropped);
        double[][] untouched = PlainLora.multiply(rest, weights.get(path + ".weight"));
        for (int t = 0; t < ROWS; t++) {
          for (int o = 0; o < adapted[t].length; o++) {
            y[t][at + o] = residual[t][at + o] + adapted[t][o] + untouched[t][o];
          }
        }
        at += adapted[0].length;
      }
      return y;
    }
  }

  @Test
  void dropoutTakesTheInputOfAllThatDoraAddsAndOfNothingElse() throws IOException {
    TinyDecoder model =
        new TinyDecoder(
            "biased",
            new PlainLlama.Sizes(1, HIDDEN, 4, 2, 12, 1e-5, TinyDecoder.frequencies(10000, 12)),
            "\"max_position_embeddings\":64,\"model_type\":\"qwen2\"",
            Set.of("q_proj", "k_proj", "v_proj"),
            false,
            true,
            DType.FLOAT32,
            1);
    List<HostTensor> tensors = model.write(scratch);
    Map<String, double[]> weights = new HashMap<>();
    tensors.forEach(t -> weights.put(t.name(), PlainLora.widened(t.toFloats())));
    try (BaseModel base = BaseModelReader.open(scratch.toString());
        Engine engine = FamilyMembersTest.cpuInFloat32();
        TensorScope scope = engine.openScope("test")) {
      LoraAdapter adapter = FamilyMembersTest.random(base, DORA);
      DeviceParameters parameters = new DeviceParameters(engine, adapter, scope);
      AdaptedLinear linear =
          new LinearLoader(engine, base, parameters, WeightStorage.COMPUTE_TYPE).stacked(LAYERS);
      parameters.setDropout(23, TokenBatch.of(List.of(TokenRow.unlabelled(new int[ROWS]))));
      new Case(engine, scope, parameters, linear, adapter).check(weights);
    }
  }

  private final class Case {
    private final Engine engine;
    private final TensorScope scope;
    private final DeviceParameters parameters;
    private final AdaptedLinear linear;
    private final LoraAdapter adapter;
    private final int out;

    Case(
        Engine engine,
        TensorScope scope,
        DeviceParameters parameters,
        AdaptedLinear linear,
        LoraAdapter adapter) {
      this.engine = engine;
      this.scope = scope;
      this.parameters = parameters;
      this.linear = linear;
      this.adapter = adapter;
      this.out = linear.frozen().out();
    }

    private Tensor tensor(float[] values) {
      Tensor tensor = scope.allocate(DType.FLOAT32, ROWS, values.length / ROWS);
      engine.transfer().upload(values, tensor);
      return tensor;
    }

    private double[][] mask() {
      float[] ones = new float[ROWS * HIDDEN];
      Arrays.fill(ones, 1);
      Tensor mask = tensor(ones);
      engine.activation().dropout(mask, linear.sites().training().dropout().orElseThrow(), mask);
      return rows(Downloads.floats(engine, mask));
    }

    void check(Map<String, double[]> weights) {
      Plain plain = new Plain(weights, new PlainLora(weights, adapter), mask());
      float[] input = normal(ROWS * HIDDEN);
      float[] added = normal(ROWS * out);
      float[] outward = normal(ROWS * out);
      Tensor x = tensor(input);
      Tensor h = scope.allocate(DType.FLOAT32, ROWS, linear.totalRank());
      Tensor residual = tensor(added);
      Tensor y = scope.allocate(DType.FLOAT32, ROWS, out);
      Tensor dy = tensor(outward);
      double[][] x64 = rows(input);
      double[][] none = new double[ROWS][out];

      linear.forward(PassMode.TRAINING, x, h, y);
      assertRows(plain.forward(x64, none), y);
      linear.forwardWithResidual(PassMode.TRAINING, x, h, residual, y);
      assertRows(plain.forward(x64, rows(added)), y);

      double[][] dy64 = rows(outward);
      DoubleSupplier loss = () -> dot(dy64, plain.forward(x64, none));
      parameters.zeroGradients();
      Tensor dx = scope.allocate(DType.FLOAT32, ROWS, HIDDEN);
      linear.backward(dy, x, h, Write.SET, dx);
      float[] gradient = new float[parameters.layout().size()];
      parameters.downloadGradients(gradient);
      for (Parameter parameter : parameters.layout().parameters()) {
        Differences.check(parameter, gradient, plain.lora().values(), random, loss);
      }
      float[] dInput = Downloads.floats(engine, dx);
      for (int i = 0; i < ROWS * HIDDEN; i++) {
        assertEquals(slope(x64[i / HIDDEN], i % HIDDEN, loss), dInput[i], 1e-4, "dx " + i);
      }

      linear.backward(dy, x, h, Write.ADD, dx);
      float[] twice = Downloads.floats(engine, dx);
      for (int i = 0; i < twice.length; i++) {
        assertEquals(2 * dInput[i], twice[i], 1e-5, "added dx " + i);
      }

      parameters.zeroGradients();
      linear.backwardWeights(dy, x, h);
      float[] alone = new float[gradient.length];
      parameters.downloadGradients(alone);
      assertArrayEquals(gradient, alone, 1e-6f);
      assertEvaluationIsTheMergedLayer(plain, x, h, y, x64);
    }

    /** Without dropout the layer is m / ‖W + s·B·A‖ · (W + s·B·A), as PEFT merges it. */
    private void assertEvaluationIsTheMergedLayer(
        Plain plain, Tensor x, Tensor h, Tensor y, double[][] x64) {
      linear.forward(PassMode.INFERENCE, x, h, y);
      double[][] expected = new double[ROWS][out];
      int at = 0;
      for (String path : LAYERS) {
        double[][] part = plain.lora().linear(path, x64);
        for (int t = 0; t < ROWS; t++) {
          System.arraycopy(part[t], 0, expected[t], at, part[t].length);
        }
        at += part[0].length;
      }
      assertRows(expected, y);
      assertTrue(
          adapter.layout().modules().stream()
              .map(module -> module.module())
              .map(LinearModule::path)
              .toList()
              .equals(List.of(LAYERS.get(0), LAYERS.get(2))));
    }

    private void assertRows(double[][] expected, Tensor actual) {
      float[] values = Downloads.floats(engine, actual);
      for (int i = 0; i < values.length; i++) {
        assertEquals(expected[i / out][i % out], values[i], 1e-5, "y " + i);
      }
    }
  }

  private static double slope(double[] row, int place, DoubleSupplier loss) {
    double kept = row[place];
    row[place] = kept + 1e-4;
    double above = loss.getAsDouble();
    row[place] = kept - 1e-4;
    double below = loss.getAsDouble();
    row[place] = kept;
    return (above - below) / 2e-4;
  }

  private static double dot(double[][] a, double[][] b) {
    double sum = 0;
    for (int t = 0; t < a.length; t++) {
      for (int o = 0; o < a[t].length; o++) {
        sum += a[t][o] * b[t][o];
      }
    }
    return sum;
  }
}
