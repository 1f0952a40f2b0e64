package io.adapterworks.bench;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** How many bytes a second the processor's threads together read from memory. */
final class MemoryBandwidth {
  private static final int BYTES = 96 << 20;
  private static final int ROUNDS = 8;

  private MemoryBandwidth() {}

  /**
   * The best of some rounds, in bytes a second: each thread compares two equal buffers that are
   * larger than any cache, which the virtual machine does with its widest loads.
   */
  static double measure(int threads) throws InterruptedException {
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int i = 0; i < 2 * threads; i++) {
      buffers.add(filled());
    }
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      List<Thread> readers = new ArrayList<>();
      long start = System.nanoTime();
      for (int i = 0; i < threads; i++) {
        ByteBuffer left = buffers.get(2 * i);
        ByteBuffer right = buffers.get(2 * i + 1);
        readers.add(new Thread(() -> compare(left, right)));
      }
      readers.forEach(Thread::start);
      for (Thread reader : readers) {
        reader.join();
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      best = Math.max(best, 2.0 * threads * BYTES / seconds);
    }
    return best;
  }

  private static void compare(ByteBuffer left, ByteBuffer right) {
    if (left.mismatch(right) >= 0) {
      throw new IllegalStateException("equal buffers differ");
    }
  }

  /** Written once, so that every page is there. */
  private static ByteBuffer filled() {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);
    for (int i = 0; i < BYTES; i += Long.BYTES) {
      buffer.putLong(i, i);
    }
    return buffer;
  }
}
