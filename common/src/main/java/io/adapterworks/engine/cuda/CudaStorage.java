package io.adapterworks.engine.cuda;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Storage;
import io.adapterworks.tensor.Tensor;

/** A range of device memory. */
record CudaStorage(long address, long bytes, String device) implements Storage {
  /** The device address of a tensor's first element. */
  static long address(Tensor tensor) {
    Check.that(
        tensor.storage() instanceof CudaStorage,
        ErrorCode.MODEL,
        "%s is not on the card; expected a tensor of the CUDA engine",
        tensor);
    return ((CudaStorage) tensor.storage()).address() + tensor.offset() * tensor.dtype().bytes();
  }
}
