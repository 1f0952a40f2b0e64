package io.adapterworks.engine;

import io.adapterworks.tensor.Tensor;

/** The same tensor on the engine under test and on the reference. */
public record Twin(Tensor tested, Tensor reference) {
  /** Columns {@code [from, from + count)} on both sides. */
  public Twin columns(long from, long count) {
    return new Twin(tested.columns(from, count), reference.columns(from, count));
  }

  /** Without the last {@code count} columns, which become spare, on both sides. */
  public Twin sparing(long count) {
    return new Twin(tested.sparing(count), reference.sparing(count));
  }

  /** Rows {@code [from, from + count)} on both sides. */
  public Twin rows(long from, long count) {
    return new Twin(tested.rows(from, count), reference.rows(from, count));
  }
}
