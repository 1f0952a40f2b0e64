package io.adapterworks.engine.cpu;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;

/** What the parts of the CPU engine share. */
record CpuContext(
    DnnlRuntime dnnl, Scratch scratch, RowAccess rows, DType computeType, CpuTeam team) {
  /** The layout of a tensor seen as a matrix of {@code rows} rows. */
  static Layout matrix(Tensor tensor, long rows) {
    return Layout.matrix(tensor.dtype(), rows, tensor.columns(), tensor.rowStride());
  }

  /** The layout of all of a tensor seen as a matrix. */
  static Layout matrix(Tensor tensor) {
    return matrix(tensor, tensor.rows());
  }

  /** Runs {@code spec} on the first elements of these tensors. */
  void run(KernelSpec spec, Tensor a, Tensor b) {
    dnnl.run(spec, CpuStorage.address(a), CpuStorage.address(b));
  }

  /** Runs {@code spec} on the first elements of these tensors. */
  void run(KernelSpec spec, Tensor a, Tensor b, Tensor c) {
    dnnl.run(spec, CpuStorage.address(a), CpuStorage.address(b), CpuStorage.address(c));
  }

  /**
   * A float32 copy of a tensor that is not float32, in {@code purpose}; the tensor itself if it is.
   */
  Tensor asFloat(Tensor tensor, Scratch.Purpose purpose) {
    if (tensor.dtype() == DType.FLOAT32) {
      return tensor;
    }
    Tensor copy = scratch.tensor(purpose, DType.FLOAT32, tensor.rows(), tensor.columns());
    run(new KernelSpec.Reorder(matrix(tensor), matrix(copy), java.util.List.of()), tensor, copy);
    return copy;
  }
}
