package io.adapterworks.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.engine.EngineSettings.Device;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import org.bytedeco.dnnl.global.dnnl;
import org.junit.jupiter.api.Test;

/** What the settings mean on a processor with and without bfloat16. */
class CpuSettingsTest {
  private static final CpuIsa WITH = new CpuIsa(dnnl.dnnl_cpu_isa_avx512_core_bf16);
  private static final CpuIsa WITHOUT = new CpuIsa(dnnl.dnnl_cpu_isa_avx512_core);

  @Test
  void autoTakesBfloat16OnlyWhereTheProcessorHasIt() {
    assertEquals(DType.BFLOAT16, WITH.choose(ComputeType.AUTO));
    assertEquals(DType.FLOAT32, WITHOUT.choose(ComputeType.AUTO));
    assertEquals(DType.FLOAT32, WITH.choose(ComputeType.FLOAT32));
    assertEquals(DType.BFLOAT16, WITH.choose(ComputeType.BFLOAT16));
  }

  @Test
  void bfloat16WithoutInstructionsIsRefusedWithItsCure() {
    AdapterworksException failure =
        assertThrows(AdapterworksException.class, () -> WITHOUT.choose(ComputeType.BFLOAT16));
    assertEquals(ErrorCode.DEVICE, failure.code());
    assertEquals(
        "engine.dtype=bfloat16, but this processor (x86-64 with AVX-512) has no bfloat16"
            + " instructions; expected AVX512-BF16 or AMX; set engine.dtype=float32 or auto",
        failure.getMessage());
  }

  @Test
  void theEnginesOwnThreadsComputeWhereOpenMpHasOne() {
    assertEquals(new CpuThreads(8, 8), CpuThreads.of(settings(0), "1", 8));
    assertEquals(new CpuThreads(3, 3), CpuThreads.of(settings(3), "1", 8));
  }

  @Test
  void otherwiseOpenMpComputesAndTheSettingsMustAgree() {
    assertEquals(new CpuThreads(1, 8), CpuThreads.of(settings(0), null, 8));
    assertEquals(new CpuThreads(1, 2), CpuThreads.of(settings(2), "2,1", 8));
    AdapterworksException failure =
        assertThrows(AdapterworksException.class, () -> CpuThreads.of(settings(4), "2", 8));
    assertEquals(
        "engine.threads=4, but OpenMP was started with 2 threads; expected the same, or"
            + " OMP_NUM_THREADS=1 in the environment, with which engine.threads decides",
        failure.getMessage());
  }

  private static EngineSettings settings(int threads) {
    return new EngineSettings(Device.CPU, ComputeType.FLOAT32, threads);
  }
}
