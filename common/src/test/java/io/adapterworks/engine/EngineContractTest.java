package io.adapterworks.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What every engine must do: each primitive, in each compute type, against the float64 reference.
 * An engine's own test extends this and opens the engine.
 */
public abstract class EngineContractTest
    implements TransferContract,
        LinearContract,
        ProductContract,
        NormContract,
        ActivationContract,
        GatedContract,
        AttentionContract,
        ProjectionContract,
        CachedAttentionContract,
        SequenceContract,
        LossContract {

  /** A new engine of this compute type; closed by the caller. */
  protected abstract Engine open(DType computeType);

  @Override
  public final EnginePair pair(DType computeType) {
    return new EnginePair(open(computeType), 42);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void computesInTheTypeItWasOpenedFor(DType type) {
    try (Engine engine = open(type)) {
      assertEquals(type, engine.computeType());
      assertEquals(type, engine.info().computeType());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void aStepRunAgainUnderItsKeySeesWhatWasUploadedBetween(DType type) {
    try (Engine engine = open(type);
        TensorScope scope = engine.openScope("step")) {
      Tensor x = scope.allocate(DType.FLOAT32, 3);
      Tensor y = scope.allocate(DType.FLOAT32, 3);
      Runnable step = () -> engine.transfer().addScaled(x, 2, y);
      float[] result = new float[3];
      engine.transfer().fill(y, 0);
      float expected = 0;
      for (int i = 1; i <= 4; i++) {
        engine.transfer().upload(new float[] {i, i, i}, x);
        engine.run("key", step);
        engine.transfer().download(y, result);
        expected += 2 * i;
        assertArrayEquals(new float[] {expected, expected, expected}, result);
      }
    }
  }
}
