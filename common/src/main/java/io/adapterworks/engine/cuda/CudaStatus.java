package io.adapterworks.engine.cuda;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.javacpp.BytePointer;

/** Turns the return codes of CUDA's libraries into failures. */
final class CudaStatus {
  private CudaStatus() {}

  /** Of the runtime. */
  static void runtime(int status, String doing) {
    if (status != cudart.cudaSuccess) {
      throw Check.failure(
          ErrorCode.DEVICE,
          "CUDA error %d (%s) while %s",
          status,
          cudart.cudaGetErrorString(status).getString(),
          doing);
    }
  }

  /** Of the driver. */
  static void driver(int status, String doing) {
    if (status != cudart.CUDA_SUCCESS) {
      BytePointer text = new BytePointer();
      cudart.cuGetErrorString(status, text);
      throw Check.failure(
          ErrorCode.DEVICE,
          "CUDA driver error %d (%s) while %s",
          status,
          text.isNull() ? "unknown" : text.getString(),
          doing);
    }
  }

  /** Of cuBLASLt. */
  static void blas(int status, String doing) {
    if (status != cublas.CUBLAS_STATUS_SUCCESS) {
      throw Check.failure(
          ErrorCode.DEVICE,
          "cuBLASLt error %s while %s",
          cublas.cublasLtGetStatusName(status).getString(),
          doing);
    }
  }

  /** Of the run-time compiler. */
  static void compiler(int status, String doing) {
    if (status != nvrtc.NVRTC_SUCCESS) {
      throw Check.failure(
          ErrorCode.DEVICE,
          "NVRTC error %s while %s",
          nvrtc.nvrtcGetErrorString(status).getString(),
          doing);
    }
  }
}
