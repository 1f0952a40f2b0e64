package io.adapterworks.table;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Keeps apart the jobs that write one warehouse: at most one holds its lock, a file that names the
 * holder. A lock is stale where its process on this machine is gone, or where one of another
 * machine has not been renewed for {@link #LEASE}; the next job takes a stale lock over. The file
 * appears under its name with its content in one step (a hard link locally, a rename that does not
 * overwrite elsewhere).
 */
public final class WarehouseLock implements AutoCloseable {
  /** A holder on another machine that has not renewed its lock for so long is taken for dead. */
  public static final Duration LEASE = Duration.ofMinutes(10);

  private static final Duration RENEWAL = Duration.ofMinutes(1);
  private static final int ATTEMPTS = 5;

  private final FileSystem files;
  private final Path lock;
  private final LockHolder holder;
  private final Optional<LockHolder> predecessor;
  private final ScheduledExecutorService renewal;
  private final ScheduledFuture<?> renewals;

  private WarehouseLock(
      FileSystem files, Path lock, LockHolder holder, Optional<LockHolder> predecessor) {
    this.files = files;
    this.lock = lock;
    this.holder = holder;
    this.predecessor = predecessor;
    this.renewal =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "warehouse-lock");
              thread.setDaemon(true);
              return thread;
            });
    this.renewals =
        renewal.scheduleAtFixedRate(
            this::renew, RENEWAL.toMillis(), RENEWAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Takes the lock for {@code job}.
   *
   * @throws io.adapterworks.error.AdapterworksException REFUSED where another job holds it, STORAGE
   *     where the file cannot be written
   */
  public static WarehouseLock acquire(Configuration hadoop, String warehouse, String job) {
    Path lock = new Path(new Path(warehouse, "_locks"), "writer.lock");
    try {
      FileSystem files = WarehouseFiles.of(lock, hadoop);
      files.mkdirs(lock.getParent());
      return acquire(files, lock, LockHolder.thisProcess(job));
    } catch (IOException failure) {
      throw StorageFailures.explain("lock warehouse " + warehouse, failure);
    }
  }

  private static WarehouseLock acquire(FileSystem files, Path lock, LockHolder holder)
      throws IOException {
    Optional<LockHolder> predecessor = Optional.empty();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (publish(files, lock, holder)) {
        return new WarehouseLock(files, lock, holder, predecessor);
      }
      Optional<String> text = read(files, lock);
      if (text.isEmpty()) {
        continue;
      }
      Optional<LockHolder> other = LockHolder.parse(text.get());
      Check.that(
          isStale(files, lock, other),
          ErrorCode.REFUSED,
          "%s is locked by %s; expected no other job that writes this warehouse; wait until it"
              + " ends and run this job again",
          lock.getParent().getParent(),
          other.map(LockHolder::describe).orElse("a job that does not say its name"));
      if (remove(files, lock, text.get())) {
        predecessor = other;
      }
    }
    throw Check.failure(
        ErrorCode.REFUSED,
        "%s was taken by other jobs each time this one tried; run it again",
        lock);
  }

  /** The job that died holding the lock, if this one took it over. */
  public Optional<LockHolder> predecessor() {
    return predecessor;
  }

  @Override
  public void close() {
    renewals.cancel(false);
    renewal.shutdownNow();
    try {
      remove(files, lock, holder.json());
    } catch (IOException failure) {
      throw StorageFailures.explain("release lock " + lock, failure);
    }
  }

  private void renew() {
    try {
      files.setTimes(lock, Clock.systemUTC().millis(), -1);
    } catch (IOException missed) {
      // One missed renewal of ten is harmless; the next one comes in a minute.
      return;
    }
  }

  private static boolean isStale(FileSystem files, Path lock, Optional<LockHolder> holder)
      throws IOException {
    if (holder.isPresent() && holder.get().isHere()) {
      return !holder.get().lives();
    }
    try {
      FileStatus status = files.getFileStatus(lock);
      return status.getModificationTime() < Clock.systemUTC().millis() - LEASE.toMillis();
    } catch (FileNotFoundException released) {
      return true;
    }
  }

  /** Puts the holder's file in place whole; false where there is one. */
  private static boolean publish(FileSystem files, Path lock, LockHolder holder)
      throws IOException {
    Path draft = new Path(lock.getParent(), "." + lock.getName() + "-" + holder.token());
    try (OutputStream out = files.create(draft, true)) {
      out.write(holder.json().getBytes(StandardCharsets.UTF_8));
    }
    try {
      return claim(files, draft, lock);
    } finally {
      files.delete(draft, false);
    }
  }

  private static boolean claim(FileSystem files, Path draft, Path lock) throws IOException {
    if (files.getUri().getScheme().equals("file")) {
      try {
        Files.createLink(local(lock), local(draft));
        return true;
      } catch (java.nio.file.FileAlreadyExistsException taken) {
        return false;
      }
    }
    try {
      FileContext.getFileContext(files.getUri(), files.getConf()).rename(draft, lock);
      return true;
    } catch (FileAlreadyExistsException taken) {
      return false;
    }
  }

  /**
   * Removes the lock if it holds {@code expected} still: it is moved aside first, which one process
   * only can do, and given back where it turns out to be another's.
   */
  private static boolean remove(FileSystem files, Path lock, String expected) throws IOException {
    Path aside = new Path(lock.getParent(), "." + lock.getName() + "-" + UUID.randomUUID());
    if (!files.exists(lock) || !files.rename(lock, aside)) {
      return false;
    }
    boolean ours = read(files, aside).filter(expected::equals).isPresent();
    if (!ours) {
      claim(files, aside, lock);
    }
    files.delete(aside, false);
    return ours;
  }

  private static Optional<String> read(FileSystem files, Path file) throws IOException {
    try (InputStream in = files.open(file)) {
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (FileNotFoundException released) {
      return Optional.empty();
    }
  }

  private static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }
}
