package io.adapterworks.tensor;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.Objects;

/**
 * A typed handle on a part of a {@link Storage}: no arithmetic, no ownership. Elements of a row lie
 * side by side; rows are {@link #rowStride()} elements apart, so that a range of columns of a
 * matrix is a tensor too. Valid until the {@link TensorScope} that allocated it is closed.
 */
public final class Tensor {
  private final Storage storage;
  private final long offset;
  private final Shape shape;
  private final Rows rows;
  private final DType dtype;

  /**
   * How rows lie: their starts are {@code stride} elements apart, and of the elements behind each
   * row's end nobody else uses the first {@code spare}.
   */
  private record Rows(long stride, long spare) {}

  private Tensor(Storage storage, long offset, Shape shape, Rows rows, DType dtype) {
    this.storage = Objects.requireNonNull(storage, "storage");
    this.offset = offset;
    this.shape = Objects.requireNonNull(shape, "shape");
    this.rows = rows;
    this.dtype = Objects.requireNonNull(dtype, "dtype");
  }

  /** A contiguous tensor that starts {@code offset} elements into {@code storage}. */
  public static Tensor of(Storage storage, long offset, Shape shape, DType dtype) {
    long end = Math.multiplyExact(Math.addExact(offset, shape.elements()), (long) dtype.bytes());
    Check.that(
        offset >= 0 && end <= storage.bytes(),
        ErrorCode.MODEL,
        "tensor %s %s at element %d does not fit its storage of %d bytes",
        dtype,
        shape,
        offset,
        storage.bytes());
    return new Tensor(storage, offset, shape, new Rows(shape.columns(), 0), dtype);
  }

  public Storage storage() {
    return storage;
  }

  /** Elements (not bytes) from the start of the storage. */
  public long offset() {
    return offset;
  }

  public Shape shape() {
    return shape;
  }

  public DType dtype() {
    return dtype;
  }

  /** Rows when seen as a matrix: everything but the innermost dimension. */
  public long rows() {
    return shape.rows();
  }

  /** The innermost dimension. */
  public long columns() {
    return shape.columns();
  }

  /** Elements from one row's start to the next row's. */
  public long rowStride() {
    return rows.stride;
  }

  /**
   * Columns behind each row's end that belong to this tensor alone and hold nothing: an engine may
   * work there while the tensor is an operand.
   */
  public long spareColumns() {
    return rows.spare;
  }

  /** This matrix without its last {@code count} columns, which become spare. */
  public Tensor sparing(long count) {
    long kept = columns() - count;
    Check.that(kept >= 0, ErrorCode.MODEL, "%d spare columns of a tensor %s", count, shape);
    return new Tensor(
        storage, offset, Shape.of(rows(), kept), new Rows(rows.stride, rows.spare + count), dtype);
  }

  /** This matrix with its first {@code count} spare columns as columns. */
  public Tensor withSpare(long count) {
    Check.that(
        count <= rows.spare,
        ErrorCode.MODEL,
        "%d columns of the %d that a tensor %s has to spare",
        count,
        rows.spare,
        shape);
    Rows wider = new Rows(rows.stride, rows.spare - count);
    return new Tensor(storage, offset, Shape.of(rows(), columns() + count), wider, dtype);
  }

  public boolean isContiguous() {
    return rows.stride == shape.columns() || shape.rows() <= 1;
  }

  /** Bytes of the elements, without the gaps between strided rows. */
  public long bytes() {
    return shape.elements() * dtype.bytes();
  }

  /** Columns {@code [from, from + count)} of every row, as a matrix over the same memory. */
  public Tensor columns(long from, long count) {
    Check.that(
        from >= 0 && count >= 0 && from + count <= columns(),
        ErrorCode.MODEL,
        "columns %d to %d of a tensor %s",
        from,
        from + count,
        shape);
    Rows strided = new Rows(rows.stride, 0);
    return new Tensor(storage, offset + from, Shape.of(rows(), count), strided, dtype);
  }

  /** Rows {@code [from, from + count)}, as a matrix over the same memory. */
  public Tensor rows(long from, long count) {
    Check.that(
        from >= 0 && count >= 0 && from + count <= rows(),
        ErrorCode.MODEL,
        "rows %d to %d of a tensor %s",
        from,
        from + count,
        shape);
    return new Tensor(
        storage, offset + from * rows.stride, Shape.of(count, columns()), rows, dtype);
  }

  /** {@code viewed.elements()} elements from element {@code from} on, of a contiguous tensor. */
  public Tensor view(long from, Shape viewed) {
    Check.that(isContiguous(), ErrorCode.MODEL, "a strided tensor %s cannot be viewed", shape);
    Check.that(
        from >= 0 && from + viewed.elements() <= shape.elements(),
        ErrorCode.MODEL,
        "view %s at element %d of a tensor %s",
        viewed,
        from,
        shape);
    return new Tensor(storage, offset + from, viewed, new Rows(viewed.columns(), 0), dtype);
  }

  /** For example {@code BFLOAT16 (450, 384) on cpu}. */
  @Override
  public String toString() {
    return dtype + " " + shape + " on " + storage.device();
  }
}
