package io.adapterworks.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineContractTest;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

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
