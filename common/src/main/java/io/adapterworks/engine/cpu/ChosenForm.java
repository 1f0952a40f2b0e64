package io.adapterworks.engine.cpu;

import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * The blocks in which oneDNN laid a matrix (rows, columns): how many elements of each dimension a
 * block spans, and how far apart blocks are, in elements.
 */
record ChosenForm(
    long rowBlock,
    long columnBlock,
    long rowStride,
    long columnStride,
    long paddedRows,
    long columns) {
  static ChosenForm of(dnnl_memory_desc form) {
    try (IntPointer count = new IntPointer(1)) {
      DnnlStatus.check(
          dnnl.dnnl_memory_desc_query(form, dnnl.dnnl_query_inner_nblks_s32, count),
          "the blocks of a weight");
      LongPointer blocks = values(form, dnnl.dnnl_query_inner_blks);
      LongPointer dimensions = values(form, dnnl.dnnl_query_inner_idxs);
      LongPointer strides = values(form, dnnl.dnnl_query_strides);
      long[] spans = {1, 1};
      for (int i = 0; i < count.get(0); i++) {
        spans[(int) dimensions.get(i)] *= blocks.get(i);
      }
      return new ChosenForm(
          spans[0],
          spans[1],
          strides.get(0),
          strides.get(1),
          values(form, dnnl.dnnl_query_padded_dims).get(0),
          values(form, dnnl.dnnl_query_dims).get(1));
    }
  }

  private static LongPointer values(dnnl_memory_desc form, int what) {
    try (PointerPointer<LongPointer> result = new PointerPointer<>(1)) {
      DnnlStatus.check(dnnl.dnnl_memory_desc_query(form, what, result), "the form of a weight");
      return new LongPointer(result.get(0));
    }
  }

  /** The form of the first {@code sizes} of a matrix, which keeps the distances of the whole. */
  static dnnl_memory_desc part(dnnl_memory_desc form, long[] sizes) {
    dnnl_memory_desc part = new dnnl_memory_desc();
    DnnlStatus.check(
        dnnl.dnnl_memory_desc_create_submemory(part, form, sizes, new long[sizes.length]),
        "the form of a part of a weight");
    return part;
  }

  /** See {@link Layout#columnGrain}. */
  long columnGrain() {
    boolean outside = columnStride == paddedRows / rowBlock * rowStride;
    return outside && columns % columnBlock == 0 ? columnBlock : 0;
  }

  /** Elements before row or column {@code from}, which begins a block. */
  long offset(int axis, long from) {
    return axis == 0 ? from / rowBlock * rowStride : from / columnBlock * columnStride;
  }
}
