package io.adapterworks.tensor;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The sizes of a tensor's dimensions, outermost first. */
public final class Shape {
  private final long[] sizes;

  private Shape(long[] sizes) {
    for (long size : sizes) {
      Check.that(
          size >= 0, ErrorCode.MODEL, "shape %s has a negative size", Arrays.toString(sizes));
    }
    this.sizes = sizes;
  }

  public static Shape of(long... sizes) {
    return new Shape(sizes.clone());
  }

  /** The number of dimensions. */
  public int rank() {
    return sizes.length;
  }

  /** The size of dimension {@code index}, counted from the outermost. */
  public long size(int index) {
    return sizes[index];
  }

  /** The product of all sizes; 1 for a scalar. */
  public long elements() {
    long product = 1;
    for (long size : sizes) {
      product = Math.multiplyExact(product, size);
    }
    return product;
  }

  /** The size of the innermost dimension: the columns of a matrix, the length of a vector. */
  public long columns() {
    return sizes.length == 0 ? 1 : sizes[sizes.length - 1];
  }

  /** All elements divided by {@link #columns()}: the rows when seen as a matrix. */
  public long rows() {
    long product = 1;
    for (int i = 0; i < sizes.length - 1; i++) {
      product = Math.multiplyExact(product, sizes[i]);
    }
    return product;
  }

  public long[] toArray() {
    return sizes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  /** For example {@code (32, 384)}. */
  @Override
  public String toString() {
    return Arrays.stream(sizes)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(", ", "(", ")"));
  }
}
