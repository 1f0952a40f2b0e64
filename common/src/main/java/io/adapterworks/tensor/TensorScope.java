package io.adapterworks.tensor;

/**
 * An arena: what is allocated in it is freed together when it closes. Closing keeps the memory with
 * the engine, so that the next scope of the same name takes no memory from the system and hands out
 * the same addresses for the same sequence of allocations.
 */
public interface TensorScope extends AutoCloseable {
  /** A contiguous tensor with undefined contents. */
  Tensor allocate(DType dtype, long... sizes);

  /** Bytes handed out so far. */
  long bytes();

  @Override
  void close();
}
