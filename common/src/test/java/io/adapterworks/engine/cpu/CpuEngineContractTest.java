package io.adapterworks.engine.cpu;

import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineContractTest;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.tensor.DType;
import org.junit.jupiter.api.Assumptions;

/** The CPU engine against the reference; bfloat16 only where the processor has it. */
class CpuEngineContractTest extends EngineContractTest {
  @Override
  protected Engine open(DType computeType) {
    Assumptions.assumeTrue(
        computeType == DType.FLOAT32 || CpuIsa.detect().hasBfloat16(),
        "this processor has no bfloat16 instructions");
    EngineSettings.ComputeType type = EngineSettings.ComputeType.valueOf(computeType.name());
    return CpuEngine.open(new EngineSettings(EngineSettings.Device.CPU, type, 0));
  }
}
