package io.adapterworks.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WarehouseLockTest {
  @TempDir Path folder;

  @Test
  void theSecondJobIsRefusedAndToldWhoHoldsTheLock() {
    try (WarehouseLock held = acquire("nightly 2026-11-23")) {
      AdapterworksException failure =
          assertThrows(AdapterworksException.class, () -> acquire("curate"));

      assertEquals(Optional.empty(), held.predecessor());
      assertEquals(ErrorCode.REFUSED, failure.code());
      assertTrue(
          failure
              .getMessage()
              .startsWith(
                  warehouse()
                      + " is locked by nightly 2026-11-23 (process "
                      + ProcessHandle.current().pid()
                      + " on "),
          failure::getMessage);
    }
    acquire("curate").close();
    assertEquals(List.of(), entries());
  }

  @Test
  void theLockOfAProcessThatIsGoneIsTakenOver() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    LockHolder dead = holder(gone.pid(), Instant.now());
    gone.waitFor();
    write(dead);

    try (WarehouseLock held = acquire("nightly")) {
      assertEquals(Optional.of(dead), held.predecessor());
    }
  }

  @Test
  void anotherProcessUnderTheNumberOfTheDeadOneDoesNotHoldTheLock() throws IOException {
    LockHolder dead = holder(ProcessHandle.current().pid(), Instant.parse("2020-01-01T00:00:00Z"));
    write(dead);

    try (WarehouseLock held = acquire("nightly")) {
      assertEquals(Optional.of(dead), held.predecessor());
    }
  }

  @Test
  void theLockOfAnotherMachineHoldsUntilItsLeaseEnds() throws IOException {
    LockHolder remote =
        new LockHolder("t", "nightly", "another.example", 1, Instant.EPOCH, Instant.EPOCH);
    write(remote);
    assertThrows(AdapterworksException.class, () -> acquire("nightly"));

    Files.setLastModifiedTime(
        file(), FileTime.from(Instant.now().minus(WarehouseLock.LEASE).minusSeconds(5)));
    try (WarehouseLock held = acquire("nightly")) {
      assertEquals(Optional.of(remote), held.predecessor());
    }
  }

  @Test
  void ofManyThatFindAStaleLockOneTakesIt() throws Exception {
    write(holder(ProcessHandle.current().pid(), Instant.parse("2020-01-01T00:00:00Z")));
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Optional<WarehouseLock>>> jobs = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        jobs.add(this::tryAcquire);
      }
      int holders = 0;
      for (Future<Optional<WarehouseLock>> job : threads.invokeAll(jobs)) {
        holders += job.get().isPresent() ? 1 : 0;
      }
      assertEquals(1, holders);
    } finally {
      threads.shutdownNow();
    }
  }

  private Optional<WarehouseLock> tryAcquire() {
    try {
      return Optional.of(acquire("nightly"));
    } catch (AdapterworksException refused) {
      assertEquals(ErrorCode.REFUSED, refused.code());
      return Optional.empty();
    }
  }

  private WarehouseLock acquire(String job) {
    return WarehouseLock.acquire(new Configuration(), warehouse().toString(), job);
  }

  private Path warehouse() {
    return folder.resolve("warehouse");
  }

  private Path file() {
    return warehouse().resolve("_locks").resolve("writer.lock");
  }

  private void write(LockHolder holder) throws IOException {
    Files.createDirectories(file().getParent());
    Files.writeString(file(), holder.json());
  }

  private static LockHolder holder(long process, Instant started) {
    LockHolder self = LockHolder.thisProcess("nightly");
    return new LockHolder("t", "nightly", self.host(), process, started, Instant.EPOCH);
  }

  private List<String> entries() {
    String[] names = file().getParent().toFile().list();
    return names == null ? List.of() : List.of(names);
  }
}
