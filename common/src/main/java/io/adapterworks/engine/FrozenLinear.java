package io.adapterworks.engine;

/**
 * A frozen weight matrix W(out, in) with an optional bias(out), in the form that its engine
 * computes with fastest. Made by {@link LinearOps#freeze}; lives as long as the engine.
 */
public interface FrozenLinear {
  /** Columns of W: the width of x. */
  int in();

  /** Rows of W: the width of y. */
  int out();

  /** Bytes held on the device. */
  long bytes();
}
