// Products that nothing follows, after products.cu.

// y(rows, columns) = left(rows, depth) right, or added(rows, columns) + that, for right(depth, columns)
// that lies by rows, or by columns.
template <int ROWS_OF_DEPTH>
struct PlainProduct {
  static const int WIDTH = TILE_COLUMNS;
  static const int BY_ROWS = ROWS_OF_DEPTH;
  static const int PARTS = 4;

  const TensorMap* y;
  const TensorMap* added;
  bool adds;

  __device__ __forceinline__ int secondHalf(int column, Sizes) const {
    return column + HALF_COLUMNS;
  }
  __device__ __forceinline__ int reads() const { return adds ? 1 : 0; }
  __device__ __forceinline__ const TensorMap* read(int) const { return added; }
  __device__ __forceinline__ const TensorMap* written(int) const { return y; }

  __device__ __forceinline__ void deliverPart(int part, int column, int row,
                                              unsigned panel) const {
    deliver(y, column + part * 64, row, panel);
  }

  __device__ __forceinline__ void write(const float* d, Ring& ring, Panels& panels,
                                        int warpgroup) const {
#pragma unroll
    for (int part = 0; part < PARTS; part++) {
      unsigned panel = panels.panel();
      if (adds) {
        waitBarrier(ring.filled(), ring.round);
        panel = ring.buffer() + warpgroup * PANEL_BYTES;
      } else {
        waitBarrier(panels.emptied(), panels.round ^ 1);
      }
#pragma unroll
      for (int i = 0; i < 8; i += 2) {
        unsigned words[4] = {};
        if (adds) {
          loadFragments(words, fragmentsAt(panel, i));
        }
#pragma unroll
        for (int k = 0; k < 4; k++) {
          const float* from = d + (part * 8 + i + k / 2) * 4 + k % 2 * 2;
          words[k] = pack(__uint_as_float(words[k] << 16) + from[0],
                          __uint_as_float(words[k] & 0xffff0000u) + from[1]);
        }
        storeFragments(fragmentsAt(panel, i), words);
      }
      if (adds) {
        publish(ring.done());
        ring.advance();
      } else {
        publish(panels.done());
        panels.advance();
      }
    }
  }
};

// As many blocks as there are multiprocessors. Maps: of left, boxes of 128 rows; of right, 128 rows where
// it lies by columns, else 64; of y and added, 64 rows; all of 64 columns, swizzled by 128 bytes.
extern "C" __global__ void __launch_bounds__(384, 1)
    product_by_columns(const __grid_constant__ TensorMap left,
                       const __grid_constant__ TensorMap right,
                       const __grid_constant__ TensorMap y, const __grid_constant__ TensorMap added,
                       int rows, int depth, int columns, int adds) {
  productBlock(&left, &right, PlainProduct<0>{&y, &added, adds != 0}, Sizes{rows, depth, columns});
}

extern "C" __global__ void __launch_bounds__(384, 1)
    product_by_rows(const __grid_constant__ TensorMap left, const __grid_constant__ TensorMap right,
                    const __grid_constant__ TensorMap y, const __grid_constant__ TensorMap added,
                    int rows, int depth, int columns, int adds) {
  productBlock(&left, &right, PlainProduct<1>{&y, &added, adds != 0}, Sizes{rows, depth, columns});
}
