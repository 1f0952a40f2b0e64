package io.adapterworks.model.gguf;

import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.util.function.LongUnaryOperator;

/**
 * A tensor that is to be written, row by row, so that a large one is never in memory twice.
 *
 * @param name in the file
 * @param type how it is stored
 * @param shape outermost dimension first
 * @param rows gives the elements
 */
public record TensorRows(String name, GgufTensorType type, Shape shape, Rows rows) {
  /** Gives the rows of a tensor. */
  @FunctionalInterface
  public interface Rows {
    /** Fills {@code values} with one row. */
    void read(long row, float[] values);
  }

  /**
   * A matrix with its rows, or a vector with its elements, in another order.
   *
   * @param source which row or element of {@code tensor} comes to each place
   */
  public static TensorRows of(
      String name, GgufTensorType type, HostTensor tensor, LongUnaryOperator source) {
    int columns = Math.toIntExact(tensor.shape().columns());
    if (tensor.shape().rank() == 1) {
      return new TensorRows(
          name,
          type,
          tensor.shape(),
          (row, values) -> {
            float[] all = tensor.toFloats();
            for (int i = 0; i < values.length; i++) {
              values[i] = all[(int) source.applyAsLong(i)];
            }
          });
    }
    return new TensorRows(
        name,
        type,
        tensor.shape(),
        (row, values) ->
            tensor.readFloats(Math.toIntExact(source.applyAsLong(row) * columns), values));
  }

  /** The bytes it takes in the file, without what is added to align the next. */
  public long bytes() {
    return type.bytes(shape.elements());
  }
}
