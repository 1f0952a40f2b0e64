package io.adapterworks.engine.cuda;

import io.adapterworks.tensor.Tensor;
import org.bytedeco.cuda.cudart.CUtensorMap;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * What the copy engine of compute capability 9.0 must know of a matrix to bring parts of it to a
 * multiprocessor: boxes of 64 columns of bfloat16, swizzled by 128 bytes.
 */
final class TensorMaps implements AutoCloseable {
  private static final int MAP_BYTES = 128;
  private static final int ALIGNMENT = 64;
  private static final int MOST = 8;
  private static final int BOX_COLUMNS = 64;

  private final BytePointer memory = new BytePointer(MOST * MAP_BYTES + ALIGNMENT);
  private int count;

  /** Maps made before may be overwritten from now on. */
  void begin() {
    count = 0;
  }

  /** The map of a bfloat16 matrix, cut into boxes of so many rows; a launch copies it. */
  Pointer of(Tensor matrix, int boxRows) {
    long first = (memory.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    Pointer place = new Address(first + (long) MAP_BYTES * count++);
    CudaStatus.driver(
        cudart.cuTensorMapEncodeTiled(
            new CUtensorMap(place),
            cudart.CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
            2,
            new Address(CudaStorage.address(matrix)),
            new long[] {matrix.columns(), matrix.rows()},
            new long[] {matrix.rowStride() * Short.BYTES},
            new int[] {BOX_COLUMNS, boxRows},
            new int[] {1, 1},
            cudart.CU_TENSOR_MAP_INTERLEAVE_NONE,
            cudart.CU_TENSOR_MAP_SWIZZLE_128B,
            cudart.CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
            cudart.CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
        "describing a matrix to the copy engine");
    return place;
  }

  @Override
  public void close() {
    memory.close();
  }
}
