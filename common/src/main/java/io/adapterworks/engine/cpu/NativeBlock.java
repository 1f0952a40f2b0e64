package io.adapterworks.engine.cpu;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Zeroed memory outside the Java heap, aligned for the widest vectors, with views on it for plain
 * Java code. Indices of the views are in elements from the block's start.
 */
final class NativeBlock implements AutoCloseable {
  private static final int ALIGNMENT = 64;

  private final Pointer allocation;
  private final long address;
  private final long bytes;
  private final ByteBuffer view;
  private final FloatBuffer floats;
  private final ShortBuffer shorts;
  private final IntBuffer ints;
  private final LongBuffer longs;

  NativeBlock(long bytes) {
    this.bytes = bytes;
    allocation = Pointer.calloc(1, bytes + ALIGNMENT);
    Check.that(
        allocation != null && !allocation.isNull(),
        ErrorCode.DEVICE,
        "the system refused %d bytes of memory; use shorter or smaller batches, or a machine with"
            + " more memory",
        bytes);
    long start = allocation.address();
    address = (start + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    BytePointer pointer = new BytePointer(new Address().to(address));
    view =
        pointer
            .capacity(Math.min(bytes, Integer.MAX_VALUE - 7L))
            .asByteBuffer()
            .order(ByteOrder.nativeOrder());
    floats = view.asFloatBuffer();
    shorts = view.asShortBuffer();
    ints = view.asIntBuffer();
    longs = view.asLongBuffer();
  }

  long address() {
    return address;
  }

  long bytes() {
    return bytes;
  }

  ByteBuffer view() {
    return view;
  }

  FloatBuffer floats() {
    return floats;
  }

  ShortBuffer shorts() {
    return shorts;
  }

  IntBuffer ints() {
    return ints;
  }

  LongBuffer longs() {
    return longs;
  }

  @Override
  public void close() {
    Pointer.free(allocation);
  }
}
