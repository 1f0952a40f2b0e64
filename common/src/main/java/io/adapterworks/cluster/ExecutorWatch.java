package io.adapterworks.cluster;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.spark.SparkContext;
import org.apache.spark.Success$;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.status.api.v1.ExecutorSummary;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Keeps a job from waiting for ever. Spark repeats lost tasks by itself, but where no executor is
 * left and none comes it waits without an end; then this asks the cluster why, tells people while
 * it is busy, and ends the job where it cannot be done.
 */
final class ExecutorWatch extends SparkListener implements AutoCloseable {
  private static final String DRIVER = "driver";
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration BEFORE_ASKING = Duration.ofSeconds(5);
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(30);

  /** Executors lost in a row that never did anything: whoever comes next will not either. */
  private static final int MOST_STILLBORN = 4;

  private final SparkContext spark;
  private final Terms terms;
  private final Set<String> known = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService clock;
  private volatile boolean working;
  private volatile AdapterworksException verdict;
  private long waitingSince;
  private long lastLine;
  private int impossible;
  private final Set<String> proven = ConcurrentHashMap.newKeySet();
  private final AtomicInteger stillborn = new AtomicInteger();

  /**
   * When to give up, and whom to tell.
   *
   * @param profile whose executors count
   * @param patience how long a busy cluster is waited for
   * @param log takes a line for people
   */
  record Terms(int profile, StandaloneMaster master, Duration patience, Consumer<String> log) {}

  ExecutorWatch(SparkContext spark, Terms terms) {
    this.spark = spark;
    this.terms = terms;
    proven.addAll(live());
    known.addAll(proven);
    spark.addSparkListener(this);
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            work -> {
              Thread thread = new Thread(work, "adapterworks-executor-watch");
              thread.setDaemon(true);
              return thread;
            });
    var unused =
        clock.scheduleWithFixedDelay(
            this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The executors that could take a task now. */
  int executors() {
    return live().size();
  }

  /** Those of the profile, also of the ones that came before this watch did. */
  private Set<String> live() {
    return CollectionConverters.asJava(spark.statusStore().executorList(true)).stream()
        .filter(executor -> executor.resourceProfileId() == terms.profile)
        .map(ExecutorSummary::id)
        .filter(id -> !id.equals(DRIVER))
        .collect(Collectors.toSet());
  }

  /** Runs work that needs executors; throws what the watch finds, where it has to end it. */
  <T> T during(Supplier<T> work) {
    verdict = null;
    working = true;
    try {
      return work.get();
    } catch (Exception failure) {
      AdapterworksException found = verdict;
      if (found == null) {
        throw failure;
      }
      found.initCause(failure);
      throw found;
    } finally {
      working = false;
    }
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded added) {
    if (added.executorInfo().resourceProfileId() == terms.profile) {
      known.add(added.executorId());
    }
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved removed) {
    String reason = removed.reason().lines().findFirst().orElse("no reason given");
    // Dynamic allocation gives executors back in this process's name.
    if (known.remove(removed.executorId()) && !reason.contains("killed by driver")) {
      terms.log.accept(
          "executor "
              + removed.executorId()
              + " is lost ("
              + reason
              + "); its share is computed again elsewhere");
      if (!proven.contains(removed.executorId()) && stillborn.incrementAndGet() >= MOST_STILLBORN) {
        end(
            Check.failure(
                ErrorCode.DEVICE,
                "%d executors were lost that had not finished one task: %s; look at their logs on"
                    + " the workers, and run the job again",
                stillborn.get(),
                reason));
      }
    }
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd ended) {
    if (ended.reason() instanceof Success$) {
      proven.add(ended.taskInfo().executorId());
      stillborn.set(0);
    }
  }

  private void tick() {
    if (!working || verdict != null || !live().isEmpty()) {
      waitingSince = 0;
      impossible = 0;
      return;
    }
    long now = System.nanoTime();
    if (waitingSince == 0) {
      waitingSince = now;
      lastLine = now - BETWEEN_LINES.toNanos();
    }
    Duration waited = Duration.ofNanos(now - waitingSince);
    if (waited.compareTo(BEFORE_ASKING) >= 0) {
      judge(terms.master.ask(), waited, now);
    }
  }

  private void judge(ClusterAnswer answer, Duration waited, long now) {
    impossible = answer instanceof ClusterAnswer.Impossible ? impossible + 1 : 0;
    if (impossible >= BEFORE_ASKING.toSeconds()) {
      end(Check.failure(ErrorCode.DEVICE, "training cannot run here: %s", answer.why()));
    } else if (waited.compareTo(terms.patience) >= 0) {
      end(
          Check.failure(
              ErrorCode.DEVICE,
              "no executor came in %d s: %s; run the job again later, or raise cluster.patience",
              waited.toSeconds(),
              answer.why()));
    } else if (now - lastLine >= BETWEEN_LINES.toNanos()) {
      lastLine = now;
      terms.log.accept("waiting for an executor: " + answer.why());
    }
  }

  private void end(AdapterworksException why) {
    if (verdict == null) {
      verdict = why;
      spark.cancelAllJobs();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    spark.removeSparkListener(this);
  }
}
