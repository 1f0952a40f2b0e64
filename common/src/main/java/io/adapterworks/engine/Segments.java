package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.Tensor;
import java.util.Arrays;

/**
 * Where each sequence of a batch lies in the stream of N tokens: sequence s holds the tokens {@code
 * [start(s), start(s + 1))}. Attention never crosses a boundary.
 */
public final class Segments {
  private final int[] starts;
  private final Tensor device;
  private final int maxLength;

  /**
   * @param starts S + 1 ascending positions, the first 0, the last N; on the host
   * @param device the same numbers as INT32 (S + 1) on the engine's device
   */
  public Segments(int[] starts, Tensor device) {
    Check.that(
        starts.length >= 2 && starts[0] == 0,
        ErrorCode.MODEL,
        "segments %s; expected at least one sequence, from 0 on",
        Arrays.toString(starts));
    int longest = 0;
    for (int i = 1; i < starts.length; i++) {
      Check.that(
          starts[i] > starts[i - 1],
          ErrorCode.MODEL,
          "segments %s; sequence %d is empty",
          Arrays.toString(starts),
          i - 1);
      longest = Math.max(longest, starts[i] - starts[i - 1]);
    }
    this.starts = starts.clone();
    this.device = device;
    this.maxLength = longest;
  }

  /** INT32 (S + 1) on the device. */
  public Tensor device() {
    return device;
  }

  /** The first token of sequence {@code segment}; for {@code segment == count()}, N. */
  public int start(int segment) {
    return starts[segment];
  }

  /** S, the number of sequences. */
  public int count() {
    return starts.length - 1;
  }

  /** N, the number of tokens. */
  public int tokens() {
    return starts[starts.length - 1];
  }

  public int length(int segment) {
    return starts[segment + 1] - starts[segment];
  }

  /** The length of the longest sequence. */
  public int maxLength() {
    return maxLength;
  }
}
