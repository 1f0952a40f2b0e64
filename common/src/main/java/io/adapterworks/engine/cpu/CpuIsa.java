package io.adapterworks.engine.cpu;

import io.adapterworks.engine.EngineSettings;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import org.bytedeco.dnnl.global.dnnl;

/** The instructions that oneDNN may use on this processor. */
record CpuIsa(int effective) {
  static CpuIsa detect() {
    return new CpuIsa(dnnl.dnnl_get_effective_cpu_isa());
  }

  /** Whether products of bfloat16 are one instruction and not emulated. */
  boolean hasBfloat16() {
    return has(dnnl.dnnl_cpu_isa_avx512_core_bf16);
  }

  String name() {
    if (has(dnnl.dnnl_cpu_isa_avx512_core_amx)) {
      return "x86-64 with AMX";
    }
    if (hasBfloat16()) {
      return "x86-64 with AVX-512 and bfloat16";
    }
    if (has(dnnl.dnnl_cpu_isa_avx512_core)) {
      return "x86-64 with AVX-512";
    }
    return has(dnnl.dnnl_cpu_isa_avx2) ? "x86-64 with AVX2" : "x86-64";
  }

  private boolean has(int isa) {
    return (effective & isa) == isa;
  }

  /** The type that {@code wanted} means on this processor. */
  DType choose(EngineSettings.ComputeType wanted) {
    Check.that(
        wanted != EngineSettings.ComputeType.BFLOAT16 || hasBfloat16(),
        ErrorCode.DEVICE,
        "engine.dtype=bfloat16, but this processor (%s) has no bfloat16 instructions; expected"
            + " AVX512-BF16 or AMX; set engine.dtype=float32 or auto",
        name());
    boolean bfloat16 = wanted != EngineSettings.ComputeType.FLOAT32 && hasBfloat16();
    return bfloat16 ? DType.BFLOAT16 : DType.FLOAT32;
  }
}
