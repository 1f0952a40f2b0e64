package io.adapterworks.engine.cuda;

import io.adapterworks.engine.TransferOps;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;

/** Small tensors on their way to the host while the card goes on. */
final class CudaDownloads implements AutoCloseable {
  private static final int SLOT_BYTES = 256;

  private final CudaDevice device;
  private final List<Slot> slots = new ArrayList<>();
  private final Deque<Slot> free = new ArrayDeque<>();

  CudaDownloads(CudaDevice device) {
    this.device = device;
  }

  TransferOps.Download start(Tensor from) {
    Check.that(
        from.dtype() == DType.FLOAT32 && from.isContiguous() && from.bytes() <= SLOT_BYTES,
        ErrorCode.MODEL,
        "%s cannot be read while the card goes on; expected at most %d contiguous bytes of float32",
        from,
        SLOT_BYTES);
    Slot slot = free.isEmpty() ? add() : free.pop();
    device.copyToHost(CudaStorage.address(from), slot.memory, from.bytes());
    CudaStatus.runtime(cudart.cudaEventRecord(slot.there, device.stream()), "marking a copy's end");
    return new Started(slot, new float[(int) from.shape().elements()]);
  }

  private Slot add() {
    Slot slot = new Slot();
    slots.add(slot);
    return slot;
  }

  /** Page-locked memory, and what says that it holds what was read. */
  private static final class Slot {
    private final BytePointer memory = new BytePointer();
    private final CUevent_st there = new CUevent_st();

    Slot() {
      CudaStatus.runtime(
          cudart.cudaMallocHost(memory, SLOT_BYTES), "allocating page-locked memory");
      CudaStatus.runtime(
          cudart.cudaEventCreateWithFlags(
              there, cudart.cudaEventDisableTiming | cudart.cudaEventBlockingSync),
          "creating an event");
    }

    void close() {
      CudaStatus.runtime(cudart.cudaEventDestroy(there), "dropping an event");
      CudaStatus.runtime(cudart.cudaFreeHost(memory), "freeing page-locked memory");
    }
  }

  private final class Started implements TransferOps.Download {
    private final float[] values;
    private Slot slot;

    Started(Slot slot, float[] values) {
      this.slot = slot;
      this.values = values;
    }

    @Override
    public float[] await() {
      if (slot != null) {
        CudaStatus.runtime(cudart.cudaEventSynchronize(slot.there), "waiting for a copy");
        new FloatPointer(slot.memory).get(values);
        free.push(slot);
        slot = null;
      }
      return values;
    }
  }

  @Override
  public void close() {
    slots.forEach(Slot::close);
    slots.clear();
  }
}
