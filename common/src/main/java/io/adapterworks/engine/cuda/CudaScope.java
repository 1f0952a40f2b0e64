package io.adapterworks.engine.cuda;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tensor.Tensor;
import io.adapterworks.tensor.TensorScope;

/** Tensors in a {@link DeviceArena}; what closing means is its maker's matter. */
final class CudaScope implements TensorScope {
  private final DeviceArena arena;
  private final String device;
  private final Runnable onClose;

  CudaScope(DeviceArena arena, String device, Runnable onClose) {
    this.arena = arena;
    this.device = device;
    this.onClose = onClose;
  }

  @Override
  public Tensor allocate(DType dtype, long... sizes) {
    Shape shape = Shape.of(sizes);
    long bytes = Math.multiplyExact(shape.elements(), (long) dtype.bytes());
    CudaStorage storage = new CudaStorage(arena.allocate(bytes), bytes, device);
    return Tensor.of(storage, 0, shape, dtype);
  }

  @Override
  public long bytes() {
    return arena.used();
  }

  @Override
  public void close() {
    onClose.run();
  }
}
