package io.adapterworks.engine.cpu;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * Threads that share the work of one primitive: the caller is the first of them. A part of the rows
 * always goes to the same thread, so that what one primitive leaves in a core's cache is what the
 * next one reads there. Helpers wait for work in a short loop, because waking a thread takes longer
 * than most primitives, and sleep when none comes.
 */
final class CpuTeam implements AutoCloseable {
  /** How long a helper looks for work before it sleeps. */
  private static final long WATCH_NANOS = 200_000;

  /** How long the caller sleeps at a time when a helper is late, as on a busy machine. */
  private static final long NAP_NANOS = 20_000;

  private static final int SPINS = 64;
  private static final int SPINS_BEFORE_NAP = 20_000;

  private final Thread[] helpers;
  private final AtomicInteger[] finished;
  private final AtomicInteger[] claimed;
  private final AtomicBoolean[] asleep;
  private final AtomicInteger round = new AtomicInteger();
  private volatile IntConsumer work;
  private volatile RuntimeException failure;
  private volatile boolean closed;

  /**
   * @param size threads, the caller among them
   */
  CpuTeam(int size) {
    helpers = new Thread[size - 1];
    finished = new AtomicInteger[size - 1];
    claimed = new AtomicInteger[size - 1];
    asleep = new AtomicBoolean[size - 1];
    for (int i = 0; i < helpers.length; i++) {
      int index = i;
      finished[i] = new AtomicInteger();
      claimed[i] = new AtomicInteger();
      asleep[i] = new AtomicBoolean();
      helpers[i] = new Thread(() -> help(index), "adapterworks-cpu-" + (i + 1));
      helpers[i].setDaemon(true);
      helpers[i].start();
    }
  }

  int size() {
    return helpers.length + 1;
  }

  /** Runs {@code part} with each of 0 to size - 1, and returns when all have ended. */
  void run(IntConsumer part) {
    if (helpers.length == 0) {
      part.accept(0);
      return;
    }
    work = part;
    int current = round.incrementAndGet();
    for (int i = 0; i < helpers.length; i++) {
      if (asleep[i].get()) {
        LockSupport.unpark(helpers[i]);
      }
    }
    try {
      part.accept(0);
    } finally {
      finish(part, current);
    }
    RuntimeException failed = failure;
    if (failed != null) {
      failure = null;
      throw failed;
    }
  }

  /** Does the part of every helper that has not begun, and waits for the others. */
  private void finish(IntConsumer part, int current) {
    for (int i = 0; i < helpers.length; i++) {
      if (claimed[i].compareAndSet(current - 1, current)) {
        part.accept(i + 1);
      } else {
        await(finished[i], current);
      }
    }
  }

  private static void await(AtomicInteger done, int current) {
    int spins = 0;
    while (done.get() != current) {
      if (++spins < SPINS_BEFORE_NAP) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(NAP_NANOS);
      }
    }
  }

  private void help(int index) {
    int seen = 0;
    while (awaitWork(index, seen)) {
      seen = round.get();
      if (claimed[index].compareAndSet(seen - 1, seen)) {
        try {
          work.accept(index + 1);
        } catch (RuntimeException e) {
          failure = e;
        } finally {
          finished[index].set(seen);
        }
      }
    }
  }

  /** Waits for the round after {@code seen}; false when the team is closed. */
  private boolean awaitWork(int index, int seen) {
    long start = System.nanoTime();
    while (round.get() == seen) {
      if (closed) {
        return false;
      }
      for (int i = 0; i < SPINS && round.get() == seen; i++) {
        Thread.onSpinWait();
      }
      if (System.nanoTime() - start > WATCH_NANOS) {
        sleep(index, seen);
        start = System.nanoTime();
      }
    }
    return true;
  }

  /** Says that it sleeps before it looks once more, so that no wake-up is lost. */
  private void sleep(int index, int seen) {
    asleep[index].set(true);
    if (round.get() == seen && !closed) {
      LockSupport.park(this);
    }
    asleep[index].set(false);
  }

  @Override
  public void close() {
    closed = true;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
  }
}
