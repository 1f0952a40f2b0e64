// The low-rank part of a linear layer in bfloat16, all slices of a group at once. Ranks are multiples
// of 8, widths and offsets of 32. Operands come straight from global memory, 16 bytes a lane: the order
// in which products are summed is free, so each lane's eight neighbours are dealt to the steps of the
// tensor core in the same way on both sides.

#define SLICES 4

struct Slice {
  const bf16* a;    // (rank, in)
  const bf16* b;    // (out, rank)
  float* dA;        // as a
  float* dB;        // as b
  int64 offset;     // first output column
  int64 out;        // output columns
  int64 rank;
  int64 column;     // first column of h and u
  float scale;
  int unused;
};

struct Group {
  const bf16* x;         // (tokens, in)
  const bf16* dy;        // (tokens, out)
  bf16* y;               // (tokens, out)
  const bf16* residual;  // (tokens, out), or null
  bf16* h;               // (tokens, rank)
  bf16* u;               // (tokens, rank): scale * dy * b
  bf16* aColumns;        // (in, rank): a transposed, side by side
  bf16* bRows;           // (rank, out): b transposed, one below the other
  float* parts;          // (splits, all gradients)
  int64 partSize;
  int64 tokens, in, out, rank, count, splits;
  Slice slices[SLICES];
};

__device__ __forceinline__ void multiply16(float* sum, const unsigned* a, unsigned b0, unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ __forceinline__ void multiply8(float* sum, unsigned a0, unsigned a1, unsigned b) {
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, "
      "{%0,%1,%2,%3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a0), "r"(a1), "r"(b));
}

union Eight {
  uint4 all;
  unsigned word[4];
};

#define DOWN_WARPS 16
#define DOWN_ROWS 32

// to(tokens, 8 TILES) = factor * x(tokens, depth) * rowsT, where lanes of tile t read rows[t]. A block
// takes 32 rows of x, its warps share the depth.
template <int TILES>
__device__ void narrow(const bf16* x, int64 xStride, int64 depth, const bf16* const* rows,
                       float factor, bf16* to, int64 toStride, int64 tokens) {
  extern __shared__ __align__(16) float sums[];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int64 first = (int64)blockIdx.x * DOWN_ROWS;
  const bf16* from[4];
#pragma unroll
  for (int i = 0; i < 4; i++) {
    int64 row = first + lane / 4 + 8 * i;
    from[i] = x + (row < tokens ? row : tokens - 1) * xStride + lane % 4 * 8;
  }
  float sum[2][TILES][4] = {};
#pragma unroll 2
  for (int64 k = warp * 32; k < depth; k += DOWN_WARPS * 32) {
    Eight left[4], right[TILES];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      left[i].all = *(const uint4*)(from[i] + k);
    }
#pragma unroll
    for (int t = 0; t < TILES; t++) {
      right[t].all = *(const uint4*)(rows[t] + k);
    }
#pragma unroll
    for (int s = 0; s < 4; s += 2) {
#pragma unroll
      for (int m = 0; m < 2; m++) {
        unsigned a[4] = {left[2 * m].word[s], left[2 * m + 1].word[s], left[2 * m].word[s + 1],
                         left[2 * m + 1].word[s + 1]};
#pragma unroll
        for (int t = 0; t < TILES; t++) {
          multiply16(sum[m][t], a, right[t].word[s], right[t].word[s + 1]);
        }
      }
    }
  }
  const int width = 8 * TILES;
#pragma unroll
  for (int m = 0; m < 2; m++) {
#pragma unroll
    for (int t = 0; t < TILES; t++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int row = 16 * m + lane / 4 + e / 2 * 8;
        sums[(warp * DOWN_ROWS + row) * width + 8 * t + lane % 4 * 2 + e % 2] = sum[m][t][e];
      }
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < DOWN_ROWS * width; i += blockDim.x) {
    float total = 0.f;
#pragma unroll
    for (int w = 0; w < DOWN_WARPS; w++) {
      total += sums[w * DOWN_ROWS * width + i];
    }
    int64 row = first + i / width;
    if (row < tokens) {
      to[row * toStride + i % width] = toBf16(factor * total);
    }
  }
}

template <int TILES>
__device__ void downTiles(const Group& g, int firstTile) {
  int lane = threadIdx.x % 32;
  const bf16* rows[TILES];
#pragma unroll
  for (int t = 0; t < TILES; t++) {
    int row = 8 * (firstTile + t);
    for (int i = 0; i < g.count; i++) {
      const Slice& slice = g.slices[i];
      if (row >= slice.column && row < slice.column + slice.rank) {
        rows[t] = slice.a + (row - slice.column + lane / 4) * g.in + lane % 4 * 8;
      }
    }
  }
  narrow<TILES>(g.x, g.in, g.in, rows, 1.f, g.h + 8 * firstTile, g.rank, g.tokens);
}

// h = x * aT. Grid (tokens / 32, tiles of 8 ranks / 4).
extern "C" __global__ void __launch_bounds__(DOWN_WARPS * 32) lora_down(const Group g) {
  int first = blockIdx.y * 4;
  int tiles = g.rank / 8 - first;
  switch (tiles < 4 ? tiles : 4) {
    case 1: downTiles<1>(g, first); break;
    case 2: downTiles<2>(g, first); break;
    case 3: downTiles<3>(g, first); break;
    default: downTiles<4>(g, first);
  }
}

// u = scale * dy * b, from b transposed. Grid (tokens / 32, slices * tiles of the largest).
extern "C" __global__ void __launch_bounds__(DOWN_WARPS * 32) lora_low_gradient(const Group g) {
  int tilesEach = gridDim.y / g.count;
  const Slice& slice = g.slices[blockIdx.y / tilesEach];
  int first = blockIdx.y % tilesEach * 4;
  int tiles = slice.rank / 8 - first;
  if (tiles <= 0) {
    return;
  }
  int lane = threadIdx.x % 32;
  const bf16* rows[4];
#pragma unroll
  for (int t = 0; t < 4; t++) {
    rows[t] = g.bRows + (slice.column + 8 * (first + t) + lane / 4) * g.out + lane % 4 * 8;
  }
  const bf16* x = g.dy + slice.offset;
  bf16* to = g.u + slice.column + 8 * first;
  switch (tiles < 4 ? tiles : 4) {
    case 1: narrow<1>(x, g.out, slice.out, rows, slice.scale, to, g.rank, g.tokens); break;
    case 2: narrow<2>(x, g.out, slice.out, rows, slice.scale, to, g.rank, g.tokens); break;
    case 3: narrow<3>(x, g.out, slice.out, rows, slice.scale, to, g.rank, g.tokens); break;
    default: narrow<4>(x, g.out, slice.out, rows, slice.scale, to, g.rank, g.tokens);
  }
}

#define UP_ROWS 64
#define MOST_STEPS 8

// y(64 rows, 32 columns) a warp: factor * low * wideT (+ residual), wide(columns, rank). All of low and
// residual that the warp needs is asked for before any of it is used.
template <int STEPS>
__device__ __forceinline__ void widenSteps(const bf16* low, int64 lowStride, const bf16* wide,
                                           int64 wideStride, int steps, float factor,
                                           const bf16* residual, bf16* y, int64 stride,
                                           int64 tokens) {
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
      before[i] = residual ? *(const uint4*)(residual + row * stride + lane % 4 * 8)
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
          store<8>(y + row * stride + lane % 4 * 8, values);
        }
      }
    }
  }
}

__device__ __forceinline__ void widen(const bf16* low, int64 lowStride, const bf16* wide,
                                      int64 wideStride, int steps, float factor,
                                      const bf16* residual, bf16* y, int64 stride, int64 tokens) {
  switch (steps) {
    case 0:
    case 1:
      widenSteps<1>(low, lowStride, wide, wideStride, steps, factor, residual, y, stride, tokens);
      break;
    case 2:
      widenSteps<2>(low, lowStride, wide, wideStride, steps, factor, residual, y, stride, tokens);
      break;
    case 3:
      widenSteps<3>(low, lowStride, wide, wideStride, steps, factor, residual, y, stride, tokens);
      break;
    default:
      widenSteps<MOST_STEPS>(low, lowStride, wide, wideStride, steps, factor, residual, y, stride,
                             tokens);
  }
}

// y = residual + scale * h * bT, 0 + residual where no slice lies. Grid (out / 256, tokens / 64).
extern "C" __global__ void __launch_bounds__(256) lora_up(const Group g) {
  int64 column = ((int64)blockIdx.x * 8 + threadIdx.x / 32) * 32;
  if (column >= g.out) {
    return;
  }
  const bf16* residual = g.residual ? g.residual + column : 0;
  const bf16* low = g.h;
  const bf16* wide = 0;
  int64 rank = 0;
  float factor = 0.f;
  for (int i = 0; i < g.count; i++) {
    const Slice& slice = g.slices[i];
    if (column >= slice.offset && column < slice.offset + slice.out) {
      low = g.h + slice.column;
      wide = slice.b + (column - slice.offset) * slice.rank;
      rank = slice.rank;
      factor = slice.scale;
    }
  }
  widen(low, g.rank, wide, rank, rank / 8, factor, residual, g.y + column, g.out, g.tokens);
}

// y(tokens, in) = residual + u * a. Grid (in / 256, tokens / 64).
extern "C" __global__ void __launch_bounds__(256) lora_input_gradient(const Group g) {
  int64 column = ((int64)blockIdx.x * 8 + threadIdx.x / 32) * 32;
  if (column < g.in) {
    const bf16* residual = g.residual ? g.residual + column : 0;
    widen(g.u, g.rank, g.aColumns + column * g.rank, g.rank, g.rank / 8, 1.f, residual,
          g.y + column, g.in, g.tokens);
  }
}

// aColumns and bRows. Grid (largest width / 256, slices).
extern "C" __global__ void lora_transpose(const Group g) {
  const Slice& slice = g.slices[blockIdx.y];
  int64 i = globalIndex();
  for (int r = 0; r < slice.rank; r += 8) {
    if (i < g.in) {
      union {
        uint4 all;
        bf16 each[8];
      } values;
#pragma unroll
      for (int j = 0; j < 8; j++) {
        values.each[j] = slice.a[(r + j) * g.in + i];
      }
      *(uint4*)(g.aColumns + i * g.rank + slice.column + r) = values.all;
    }
    if (i < slice.out) {
      union {
        uint4 all;
        bf16 each[8];
      } values;
      values.all = *(const uint4*)(slice.b + i * slice.rank + r);
#pragma unroll
      for (int j = 0; j < 8; j++) {
        g.bRows[(slice.column + r + j) * g.out + i] = values.each[j];
      }
    }
  }
}
