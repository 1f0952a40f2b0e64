package io.adapterworks.cluster;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * How a round went.
 *
 * @param steps optimizer steps
 * @param wall from sending to having the sum
 * @param shares where each share was computed, and how long it took there
 */
public record RoundReport(int steps, Duration wall, List<ShareTime> shares) {
  /** One share. */
  public record ShareTime(int share, String device, Duration time) {}

  /** The middle one of times, the later of two; of at least one. */
  public static Duration median(Collection<Duration> times) {
    return times.stream().sorted().toList().get(times.size() / 2);
  }

  /** What the round cost beyond its slowest share. */
  public Duration overhead() {
    Duration slowest =
        shares.stream().map(ShareTime::time).max(Duration::compareTo).orElse(Duration.ZERO);
    return wall.minus(slowest);
  }
}
