// What a low-rank part adds to a wide matrix, where no product takes it along; after low_rank.cu.

#define UP_ROWS 64
#define MOST_STEPS 8

// y(64 rows, 32 columns) a warp: factor * low * wideT (+ residual), wide(columns, rank). All of low and
// residual that the warp needs is asked for before any of it is used.
template <int STEPS>
__device__ __forceinline__ void widenSteps(const bf16* low, int64 lowStride, const bf16* wide,
                                           int64 wideStride, int steps, float factor,
                                           Matrix residual, Matrix y, int64 tokens) {
  int lane = threadIdx.x % 32;
  unsigned right[STEPS][4];
#pragma unroll
  for (int step = 0; step < STEPS; step++) {
#pragma unroll
    for (int t = 0; t < 4; t++) {
      int column = lane / 8 * 8 + 2 * t + lane / 4 % 2;
      right[step][t] =
          step < steps
              ? *(const unsigned*)(wide + column * wideStride + 8 * step + lane % 4 * 2)
              : 0;
    }
  }
  int64 first = (int64)blockIdx.y * UP_ROWS + lane / 4;
#pragma unroll
  for (int part = 0; part < UP_ROWS / 32; part++) {
    unsigned left[4][STEPS];
    uint4 before[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      int64 row = first + part * 32 + 8 * i;
      row = row < tokens ? row : tokens - 1;
#pragma unroll
      for (int step = 0; step < STEPS; step++) {
        left[i][step] =
            step < steps ? *(const unsigned*)(low + row * lowStride + 8 * step + lane % 4 * 2) : 0;
      }
      before[i] = residual.data ? *(const uint4*)(residual.row(row) + lane % 4 * 8)
                                : make_uint4(0, 0, 0, 0);
    }
#pragma unroll
    for (int m = 0; m < 2; m++) {
      float sum[4][4] = {};
#pragma unroll
      for (int step = 0; step < STEPS; step++) {
#pragma unroll
        for (int t = 0; t < 4; t++) {
          multiply8(sum[t], left[2 * m][step], left[2 * m + 1][step], right[step][t]);
        }
      }
#pragma unroll
      for (int half = 0; half < 2; half++) {
        int64 row = first + part * 32 + 16 * m + 8 * half;
        float values[8];
        load<8>((const bf16*)&before[2 * m + half], values);
#pragma unroll
        for (int t = 0; t < 4; t++) {
          values[2 * t] += factor * sum[t][2 * half];
          values[2 * t + 1] += factor * sum[t][2 * half + 1];
        }
        if (row < tokens) {
          store<8>(y.row(row) + lane % 4 * 8, values);
        }
      }
    }
  }
}

__device__ __forceinline__ void widen(const bf16* low, int64 lowStride, const bf16* wide,
                                      int64 wideStride, int steps, float factor, Matrix residual,
                                      Matrix y, int64 tokens) {
  switch (steps) {
    case 0:
    case 1:
      widenSteps<1>(low, lowStride, wide, wideStride, steps, factor, residual, y, tokens);
      break;
    case 2:
      widenSteps<2>(low, lowStride, wide, wideStride, steps, factor, residual, y, tokens);
      break;
    case 3:
      widenSteps<3>(low, lowStride, wide, wideStride, steps, factor, residual, y, tokens);
      break;
    default:
      widenSteps<MOST_STEPS>(low, lowStride, wide, wideStride, steps, factor, residual, y, tokens);
  }
}

__device__ __forceinline__ Matrix columnsFrom(Matrix matrix, int64 column) {
  Matrix part = {matrix.data ? matrix.data + column : 0, matrix.stride};
  return part;
}

// y = residual + scale * h * bT, 0 + residual where no slice lies. Grid (out / 256, tokens / 64).
extern "C" __global__ void __launch_bounds__(256) lora_up(const Group g) {
  int64 column = ((int64)blockIdx.x * 8 + threadIdx.x / 32) * 32;
  if (column >= g.out) {
    return;
  }
  const bf16* low = g.h.data;
  const bf16* wide = 0;
  int64 rank = 0;
  float factor = 0.f;
  for (int i = 0; i < g.count; i++) {
    const Slice& slice = g.slices[i];
    if (column >= slice.offset && column < slice.offset + slice.out) {
      low = g.h.data + slice.column;
      wide = slice.b + (column - slice.offset) * slice.rank;
      rank = slice.rank;
      factor = slice.scale;
    }
  }
  widen(low, g.h.stride, wide, rank, rank / 8, factor, columnsFrom(g.residual, column),
        columnsFrom(g.y, column), g.tokens);
}

// y(tokens, in) = residual + u * a. Grid (in / 256, tokens / 64).
extern "C" __global__ void __launch_bounds__(256) lora_input_gradient(const Group g) {
  int64 column = ((int64)blockIdx.x * 8 + threadIdx.x / 32) * 32;
  if (column < g.in) {
    widen(g.u.data, g.u.stride, g.aColumns + column * g.rank, g.rank, g.rank / 8, 1.f,
          columnsFrom(g.residual, column), columnsFrom(g.y, column), g.tokens);
  }
}

