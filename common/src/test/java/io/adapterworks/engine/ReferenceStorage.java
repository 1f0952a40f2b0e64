package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Storage;
import io.adapterworks.tensor.Tensor;
import java.util.Arrays;

/** Elements of one reference tensor: doubles for floating types, longs for integer types. */
final class ReferenceStorage implements Storage {
  private final DType dtype;
  final double[] values;
  final long[] integers;

  ReferenceStorage(DType dtype, int elements) {
    this.dtype = dtype;
    this.values = new double[dtype.isFloating() ? elements : 0];
    this.integers = new long[dtype.isFloating() ? 0 : elements];
    Arrays.fill(values, Double.NaN);
  }

  @Override
  public long bytes() {
    return (long) Math.max(values.length, integers.length) * dtype.bytes();
  }

  @Override
  public String device() {
    return "reference";
  }

  static ReferenceStorage of(Tensor tensor) {
    Check.that(
        tensor.storage() instanceof ReferenceStorage,
        ErrorCode.MODEL,
        "%s is not a tensor of the reference engine",
        tensor);
    return (ReferenceStorage) tensor.storage();
  }

  static int index(Tensor tensor, long row, long column) {
    return Math.toIntExact(tensor.offset() + row * tensor.rowStride() + column);
  }

  static double get(Tensor tensor, long row, long column) {
    return of(tensor).values[index(tensor, row, column)];
  }

  static void set(Tensor tensor, long row, long column, double value) {
    of(tensor).values[index(tensor, row, column)] = value;
  }

  static void add(Tensor tensor, long row, long column, double value) {
    of(tensor).values[index(tensor, row, column)] += value;
  }

  static void write(Write write, Tensor tensor, long row, long column, double value) {
    if (write == Write.SET) {
      set(tensor, row, column, value);
    } else {
      add(tensor, row, column, value);
    }
  }

  /** Element {@code index} of a contiguous tensor. */
  static double get(Tensor tensor, long index) {
    return get(tensor, index / tensor.columns(), index % tensor.columns());
  }

  static void set(Tensor tensor, long index, double value) {
    set(tensor, index / tensor.columns(), index % tensor.columns(), value);
  }

  static long integer(Tensor tensor, long index) {
    return of(tensor).integers[Math.toIntExact(tensor.offset() + index)];
  }

  /** A copy as rows of doubles. */
  static double[][] matrix(Tensor tensor) {
    double[][] copy = new double[(int) tensor.rows()][(int) tensor.columns()];
    for (int i = 0; i < copy.length; i++) {
      for (int j = 0; j < copy[i].length; j++) {
        copy[i][j] = get(tensor, i, j);
      }
    }
    return copy;
  }
}
