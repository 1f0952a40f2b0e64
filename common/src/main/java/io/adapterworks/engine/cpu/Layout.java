package io.adapterworks.engine.cpu;

import io.adapterworks.tensor.DType;
import java.util.Arrays;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.global.dnnl;

/**
 * How the elements of an operand lie in memory: its type, sizes and strides in elements, or a form
 * that oneDNN chose itself.
 */
final class Layout {
  /** Stands for the strides of an operand whose form oneDNN may choose. */
  private static final long[] ANY = {};

  private final int type;
  private final long[] sizes;
  private final long[] strides;
  private final dnnl_memory_desc chosen;
  private final long start;
  private final int hash;

  private Layout(int type, long[] sizes, long[] strides, dnnl_memory_desc chosen) {
    this(type, sizes, strides, chosen, 0);
  }

  private Layout(int type, long[] sizes, long[] strides, dnnl_memory_desc chosen, long start) {
    this.start = start;
    this.type = type;
    this.sizes = sizes;
    this.strides = strides;
    this.chosen = chosen;
    this.hash = 31 * (31 * type + Arrays.hashCode(sizes)) + Arrays.hashCode(strides);
  }

  /** oneDNN's number for {@code dtype}. */
  static int typeOf(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> dnnl.dnnl_f32;
      case BFLOAT16 -> dnnl.dnnl_bf16;
      case FLOAT16 -> dnnl.dnnl_f16;
      case INT8 -> dnnl.dnnl_s8;
      case UINT8, BOOL -> dnnl.dnnl_u8;
      case INT32 -> dnnl.dnnl_s32;
      default -> throw new IllegalArgumentException("oneDNN does not compute with " + dtype);
    };
  }

  /** Contiguous, row-major. */
  static Layout dense(DType dtype, long... sizes) {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= sizes[i];
    }
    return new Layout(typeOf(dtype), sizes, strides, null);
  }

  /** A matrix whose rows are {@code rowStride} elements apart. */
  static Layout matrix(DType dtype, long rows, long columns, long rowStride) {
    return new Layout(typeOf(dtype), new long[] {rows, columns}, new long[] {rowStride, 1}, null);
  }

  static Layout strided(DType dtype, long[] sizes, long[] strides) {
    return new Layout(typeOf(dtype), sizes, strides, null);
  }

  /** Of any form: the primitive that is made with it says which. */
  static Layout any(DType dtype, long... sizes) {
    return new Layout(typeOf(dtype), sizes, ANY, null);
  }

  /** The form {@code chosen}, which a primitive picked for an operand of these sizes. */
  Layout as(dnnl_memory_desc chosen) {
    return new Layout(type, sizes, strides, chosen);
  }

  /**
   * The part {@code [from, from + count)} of a dimension; the whole where this is broadcast along
   * it.
   */
  Layout slice(int axis, long from, long count) {
    if (sizes[axis] == 1) {
      return this;
    }
    long[] part = sizes.clone();
    part[axis] = count;
    long bytes = dnnl.dnnl_data_type_size(type);
    if (chosen != null) {
      long offset = ChosenForm.of(chosen).offset(axis, from) * bytes;
      return new Layout(type, part, strides, ChosenForm.part(chosen, part), start + offset);
    }
    return new Layout(type, part, strides, null, start + from * strides[axis] * bytes);
  }

  /**
   * The multiple at which the columns of a matrix in a chosen form can be divided; 0 where its
   * columns do not follow each other in whole blocks.
   */
  long columnGrain() {
    return chosen == null ? 1 : ChosenForm.of(chosen).columnGrain();
  }

  /** Bytes from the operand's address to the first element; not part of the identity. */
  long start() {
    return start;
  }

  /** The same sizes and strides in another type. */
  Layout as(DType dtype) {
    return new Layout(typeOf(dtype), sizes, strides, null);
  }

  /** This matrix, or stack of matrices, with its last two dimensions exchanged. */
  Layout transposed() {
    return new Layout(type, swapped(sizes), swapped(strides), null);
  }

  private static long[] swapped(long[] values) {
    long[] result = values.clone();
    int last = result.length - 1;
    result[last] = values[last - 1];
    result[last - 1] = values[last];
    return result;
  }

  int type() {
    return type;
  }

  long size(int dimension) {
    return sizes[dimension];
  }

  int rank() {
    return sizes.length;
  }

  long lastSize() {
    return sizes[sizes.length - 1];
  }

  long elements() {
    long product = 1;
    for (long size : sizes) {
      product *= size;
    }
    return product;
  }

  /** Whether oneDNN chose the form. */
  boolean isChosen() {
    return chosen != null;
  }

  /** Bytes that an operand of a chosen form takes. */
  long bytes() {
    return dnnl.dnnl_memory_desc_get_size(chosen);
  }

  /** A new descriptor, which the caller destroys. */
  dnnl_memory_desc describe() {
    dnnl_memory_desc descriptor = new dnnl_memory_desc();
    int status;
    if (chosen != null) {
      status = dnnl.dnnl_memory_desc_clone(descriptor, chosen);
    } else if (strides.length == 0) {
      status =
          dnnl.dnnl_memory_desc_create_with_tag(
              descriptor, sizes.length, sizes, type, dnnl.dnnl_format_tag_any);
    } else {
      status =
          dnnl.dnnl_memory_desc_create_with_strides(descriptor, sizes.length, sizes, type, strides);
    }
    DnnlStatus.check(status, "describing memory");
    return descriptor;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Layout layout
        && hash == layout.hash
        && type == layout.type
        && (chosen == null) == (layout.chosen == null)
        && Arrays.equals(sizes, layout.sizes)
        && Arrays.equals(strides, layout.strides);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return type + Arrays.toString(sizes) + "/" + Arrays.toString(strides);
  }
}
