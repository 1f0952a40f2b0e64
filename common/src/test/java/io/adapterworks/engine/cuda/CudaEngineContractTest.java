package io.adapterworks.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.engine.AdamStep;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineContractTest;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.Transpose;
import io.adapterworks.engine.UpdateOps;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract on a real card; skipped, saying why, where there is none. */
@Tag("gpu")
class CudaEngineContractTest extends EngineContractTest {
  @Override
  protected Engine open(DType computeType) {
    EngineSettings.ComputeType type =
        computeType == DType.FLOAT32
            ? EngineSettings.ComputeType.FLOAT32
            : EngineSettings.ComputeType.BFLOAT16;
    try {
      return CudaEngine.open(new EngineSettings(EngineSettings.Device.CUDA, type, 0));
    } catch (AdapterworksException missing) {
      return Assumptions.abort("skipped, no card: " + missing.getMessage());
    }
  }

  @Test
  void aScopeOpenedAgainHandsOutTheSameMemory() {
    try (Engine engine = open(DType.FLOAT32)) {
      float[] values = {1, 2, 3};
      try (TensorScope scope = engine.openScope("step")) {
        engine.transfer().upload(values, scope.allocate(DType.FLOAT32, 3));
      }
      try (TensorScope scope = engine.openScope("step")) {
        float[] found = new float[3];
        engine.transfer().download(scope.allocate(DType.FLOAT32, 3), found);
        assertArrayEquals(values, found);
      }
    }
  }

  /** Against the same formulas in float64, one range without decay and one with, norm clipped. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void adamOnTheCardIsAdamInDoubles(DType type) {
    int size = 70_001;
    int first = 33_333;
    Random random = new Random(3);
    double[] values = random.doubles(size, -1, 1).map(v -> (float) v).toArray();
    double[] mean = new double[size];
    double[] square = new double[size];
    try (Engine engine = open(type);
        TensorScope scope = engine.openScope("update")) {
      UpdateOps.State state =
          new UpdateOps.State(
              scope.allocate(DType.FLOAT32, size),
              scope.allocate(type, size),
              scope.allocate(DType.FLOAT32, size),
              scope.allocate(DType.FLOAT32, size));
      Tensor gradient = scope.allocate(DType.FLOAT32, size);
      engine.transfer().upload(floats(values), state.values());
      engine.transfer().fill(state.mean(), 0);
      engine.transfer().fill(state.square(), 0);
      for (int step = 1; step <= 3; step++) {
        double spread = step == 2 ? 1e-4 : 1;
        double[] g = random.doubles(size, -spread, spread).map(v -> (float) v).toArray();
        engine.transfer().upload(floats(g), gradient);
        AdamStep update =
            new AdamStep(
                step,
                0.9,
                0.999,
                1e-8,
                1,
                List.of(
                    new AdamStep.Range(0, first, 1e-2, 0),
                    new AdamStep.Range(first, size - first, 3e-2, 0.1)));
        engine.update().orElseThrow().adamW(state, gradient, update);
        double norm = Math.sqrt(Arrays.stream(g).map(v -> v * v).sum());
        for (int i = 0; i < size; i++) {
          double clipped = g[i] * Math.min(1, 1 / norm);
          mean[i] = 0.9 * mean[i] + 0.1 * clipped;
          square[i] = 0.999 * square[i] + 0.001 * clipped * clipped;
          double root = Math.sqrt(square[i] / (1 - Math.pow(0.999, step)));
          double move = mean[i] / (1 - Math.pow(0.9, step)) / (root + 1e-8);
          values[i] -= i < first ? 1e-2 * move : 3e-2 * (move + 0.1 * values[i]);
        }
        float[] found = new float[size];
        engine.transfer().download(state.values(), found);
        assertArrayEquals(floats(values), found, 1e-4f);
        engine.transfer().download(state.rounded(), found);
        assertArrayEquals(floats(values), found, type == DType.FLOAT32 ? 1e-4f : 1e-2f);
      }
    }
  }

  private static float[] floats(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }

  /** The kernels for large products against the one that adds up an element at a time. */
  @ParameterizedTest
  @CsvSource({"256, 64, 256", "300, 1000, 520", "1000, 4160, 1504", "777, 40, 2056"})
  void largeProductsAreThePlainKernels(int m, int k, int n) {
    try (CudaEngine engine = (CudaEngine) open(DType.BFLOAT16);
        TensorScope scope = engine.openScope("products")) {
      Assumptions.assumeTrue(
          engine.info().device().contains("9.0"), "skipped, the card multiplies by cuBLASLt alone");
      Random random = new Random(5);
      Tensor a = normal(engine, scope, random, m, k);
      Tensor added = normal(engine, scope, random, m, n);
      for (Transpose op : Transpose.values()) {
        boolean flipped = op == Transpose.YES;
        Tensor b = normal(engine, scope, random, flipped ? n : k, flipped ? k : n);
        Tensor expected = scope.allocate(DType.BFLOAT16, m, n);
        Tensor found = scope.allocate(DType.BFLOAT16, m, n);
        MatrixProducts.Product product =
            MatrixProducts.Product.set(a, Transpose.NO, b, op, found);
        engine.transfer().fill(found, Float.NaN);
        assertTrue(engine.products().own().takes(product));
        engine.products().own().run(product);
        engine.products().runPlain(product.into(expected));
        assertClose(engine, expected, found);
        engine.products().own().run(product.plus(added));
        engine.products().runPlain(product.plus(added).into(expected));
        assertClose(engine, expected, found);
        engine.transfer().cast(added, found);
        engine.products().own().run(product.plus(found));
        assertClose(engine, expected, found);
      }
    }
  }

  private static Tensor normal(
      Engine engine, TensorScope scope, Random random, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Tensor tensor = scope.allocate(DType.BFLOAT16, rows, columns);
    engine.transfer().upload(values, tensor);
    return tensor;
  }

  /** Within the rounding of two results to bfloat16. */
  private static void assertClose(Engine engine, Tensor expected, Tensor found) {
    int size = Math.toIntExact(expected.shape().elements());
    float[] right = new float[size];
    float[] given = new float[size];
    engine.transfer().download(expected, right);
    engine.transfer().download(found, given);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < size; i++) {
      difference += Math.pow(right[i] - given[i], 2);
      norm += Math.pow(right[i], 2);
    }
    double relative = Math.sqrt(difference / norm);
    assertTrue(relative <= 4e-3, "relative error " + relative);
  }

  @Test
  void scopesGrowPastTheirFirstMemoryAndKeepWhatTheyHold() {
    try (Engine engine = open(DType.FLOAT32);
        TensorScope scope = engine.openScope("large")) {
      Tensor first = scope.allocate(DType.FLOAT32, 5);
      engine.transfer().fill(first, 7);
      Tensor large = scope.allocate(DType.FLOAT32, 1000, 100_000);
      engine.transfer().fill(large, 2);
      float[] last = new float[3];
      engine.transfer().download(large.view(99_999_997, Shape.of(3)), last);
      assertArrayEquals(new float[] {2, 2, 2}, last);
      float[] found = new float[5];
      engine.transfer().download(first, found);
      assertArrayEquals(new float[] {7, 7, 7, 7, 7}, found);
    }
  }
}
