package io.adapterworks.train;

import java.time.Duration;
import java.util.Optional;

/**
 * What training led to.
 *
 * @param parameters (P) the adapter's values to keep
 * @param steps optimizer steps done over all, resumed ones counted in
 * @param totalSteps optimizer steps planned
 * @param bestEpoch whose parameters these are, from 0; empty without validation
 * @param stoppedEarly whether validation stopped improving before the last epoch
 * @param tokens trained on by this process
 * @param elapsed time of this process's training
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes that are handed over, never compared
public record TrainingResult(
    float[] parameters,
    int steps,
    int totalSteps,
    Optional<Integer> bestEpoch,
    boolean stoppedEarly,
    long tokens,
    Duration elapsed) {
  /** Tokens trained on in a second, validation included in the time. */
  public double tokensPerSecond() {
    return tokens / Math.max(1e-9, elapsed.toNanos() * 1e-9);
  }
}
