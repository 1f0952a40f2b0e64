package io.adapterworks.curate.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineReaderTest {
  private static final int MAX_LINE = 1 << 20;
  private static final long LONG_LINE = 200L << 20;

  @Test
  void aLineOfTwoHundredMegabytesIsStreamedPast() {
    InputStream bytes =
        new SequenceInputStream(
            Collections.enumeration(
                List.of(text("{\"text\":\"one\"}\n"), new Repeated(LONG_LINE), text("\nthree\n"))));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());

    LineReader lines = new LineReader(bytes, MAX_LINE);
    RawLine first = lines.next();
    RawLine second = lines.next();
    RawLine third = lines.next();
    long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;

    assertEquals(RawLine.sound(1, "{\"text\":\"one\"}"), first);
    assertEquals(
        new RawLine(
            2,
            "x".repeat(1000),
            RawLine.LINE_TOO_LONG,
            "the line has 209715200 bytes; at most 1048576 are read"),
        second);
    assertEquals(RawLine.sound(3, "three"), third);
    assertFalse(lines.hasNext());
    assertTrue(allocated < 16 * MAX_LINE, () -> allocated + " bytes allocated");
  }

  private static InputStream text(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** So many times the letter x. */
  private static final class Repeated extends InputStream {
    private long left;

    Repeated(long count) {
      this.left = count;
    }

    @Override
    public int read() {
      return left-- > 0 ? 'x' : -1;
    }

    @Override
    public int read(byte[] into, int from, int most) {
      if (left <= 0) {
        return -1;
      }
      int count = (int) Math.min(most, left);
      Arrays.fill(into, from, from + count, (byte) 'x');
      left -= count;
      return count;
    }
  }
}
