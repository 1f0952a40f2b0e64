package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;
import java.util.Optional;

/** What turns token ids into rows, and rows of a sequence into one. */
public interface SequenceOps {
  /**
   * y[n, :] = or += table[ids[n], :].
   *
   * @param table (rows, C), compute type
   * @param ids INT32 (N), each in [0, rows); the caller has checked
   * @param y (N, C), compute type
   */
  void gather(Tensor table, Tensor ids, Write write, Tensor y);

  /** Rows of a table on the host, gathered while the device is still at what came before. */
  interface RowsAhead extends AutoCloseable {
    /**
     * y[n, :] = table[ids[n], :].
     *
     * @param ids (N), each in [0, rows); the caller has checked
     * @param y (N, C), contiguous; may still be in use by what was launched before
     */
    void gather(int[] ids, Tensor y);

    @Override
    void close();
  }

  /**
   * As {@link #gather}, for callers who launch ahead, until they close it; empty where nothing is
   * gained by it.
   *
   * @param table of {@link TransferOps#keepOnHost}
   */
  default Optional<RowsAhead> rowsAhead(Tensor table) {
    return Optional.empty();
  }

  /** y(S, C), float32 = the mean of each sequence's rows of x(N, C), compute type. */
  void meanPoolForward(Tensor x, Segments segments, Tensor y);

  /** dx(N, C), compute type, set from dy(S, C), float32. */
  void meanPoolBackward(Tensor dy, Segments segments, Tensor dx);

  /** y(S, C) = the first row of each sequence of x(N, C); each FLOAT32 or the compute type. */
  void firstTokenForward(Tensor x, Segments segments, Tensor y);

  /** dx(N, C): dy(S, C) in the first row of each sequence, 0 elsewhere. */
  void firstTokenBackward(Tensor dy, Segments segments, Tensor dx);
}
