package io.adapterworks.engine;

/** Whether a matrix enters a product as it is or transposed. */
public enum Transpose {
  NO,
  YES
}
