package io.adapterworks.tensor;

/**
 * Memory that an engine owns and that tensors refer to. Each engine has its own implementation; it
 * refuses tensors whose storage is another engine's.
 */
public interface Storage {
  /** Bytes of the whole block. */
  long bytes();

  /** What holds it, for messages: {@code cpu}, {@code cuda:0}. */
  String device();
}
