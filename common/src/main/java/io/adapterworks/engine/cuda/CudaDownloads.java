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
    device.copyToHost(CudaStorage.address(from), slot.memory.pointer(), from.bytes());
    slot.there.mark(device.stream());
    return new Started(slot, new float[(int) from.shape().elements()]);
  }

  private Slot add() {
    Slot slot = new Slot(new PageLockedMemory(SLOT_BYTES), new CudaEvent());
    slots.add(slot);
    return slot;
  }

  /** Page-locked memory, and what says that it holds what was read. */
  private record Slot(PageLockedMemory memory, CudaEvent there) {
    void close() {
      there.close();
      memory.close();
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
        slot.there.await();
        new FloatPointer(slot.memory.pointer()).get(values);
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
