// dA and dB of all slices of a group, after low_rank.cu.

#define GRADIENT_WARPS 8
#define GRADIENT_COLUMNS 64

// parts(rank, columns) = the sum over this block's rows of narrowT * wide: 64 columns a block, its
// warps share the rows.
template <int TILES>
__device__ void gradientTile(const bf16* low, int64 lowStride, int rank, const bf16* wide,
                             int64 wideStride, int64 columns, int64 column, float* to,
                             const Group& g) {
  extern __shared__ __align__(16) float sums[];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int64 strands = g.splits * GRADIENT_WARPS;
  int64 each = ((g.tokens + strands - 1) / strands + 15) / 16 * 16;
  int64 first = (blockIdx.y * GRADIENT_WARPS + warp) * each;
  int64 end = first + each < g.tokens ? first + each : g.tokens;
  int64 chunk = column + lane / 4 * 8;
  float sum[TILES][8][4] = {};
#pragma unroll 2
  for (int64 n = first; n < end; n += 16) {
    Eight right[4];
    int64 at[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      at[i] = n + lane % 4 * 2 + i % 2 + i / 2 * 8;
      bool there = at[i] < end && chunk < columns;
      right[i].all = there ? *(const uint4*)(wide + at[i] * wideStride + chunk)
                           : make_uint4(0, 0, 0, 0);
    }
    unsigned pairs[8][2];
#pragma unroll
    for (int t = 0; t < 8; t++) {
      unsigned order = t % 2 ? 0x7632 : 0x5410;
      pairs[t][0] = __byte_perm(right[0].word[t / 2], right[1].word[t / 2], order);
      pairs[t][1] = __byte_perm(right[2].word[t / 2], right[3].word[t / 2], order);
    }
#pragma unroll
    for (int m = 0; m < TILES; m++) {
      // Two neighbouring ranks a load: rows i and i + 8 of the product are ranks 2i and 2i + 1.
      int r = 16 * m + lane / 4 * 2;
      unsigned both[4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        bool there = at[i] < end && r < rank;
        both[i] = there ? *(const unsigned*)(low + at[i] * lowStride + r) : 0;
      }
      unsigned left[4] = {__byte_perm(both[0], both[1], 0x5410),
                          __byte_perm(both[0], both[1], 0x7632),
                          __byte_perm(both[2], both[3], 0x5410),
                          __byte_perm(both[2], both[3], 0x7632)};
#pragma unroll
      for (int t = 0; t < 8; t++) {
        multiply16(sum[m][t], left, pairs[t][0], pairs[t][1]);
      }
    }
  }
#pragma unroll
  for (int m = 0; m < TILES; m++) {
    __syncthreads();
#pragma unroll
    for (int t = 0; t < 8; t++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int r = lane / 4 * 2 + e / 2, c = (lane % 4 * 2 + e % 2) * 8 + t;
        sums[(warp * 16 + r) * GRADIENT_COLUMNS + c] = sum[m][t][e];
      }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < 16 * GRADIENT_COLUMNS; i += blockDim.x) {
      int r = 16 * m + i / GRADIENT_COLUMNS, c = i % GRADIENT_COLUMNS;
      if (r < rank && column + c < columns) {
        float total = 0.f;
#pragma unroll
        for (int w = 0; w < GRADIENT_WARPS; w++) {
          total += sums[w * 16 * GRADIENT_COLUMNS + i];
        }
        to[r * columns + column + c] = total;
      }
    }
  }
}

// Blocks that a gradient of this size takes: 64 columns and 32 ranks each.
__device__ __forceinline__ int64 gradientBlocks(int64 rank, int64 columns) {
  return (columns + GRADIENT_COLUMNS - 1) / GRADIENT_COLUMNS * ((rank + 31) / 32);
}

__device__ __forceinline__ void gradientOf(const bf16* low, int64 lowStride, int rank,
                                           const bf16* wide, int64 wideStride, int64 columns,
                                           int64 block, float* to, const Group& g) {
  int64 across = (columns + GRADIENT_COLUMNS - 1) / GRADIENT_COLUMNS;
  int firstRank = block / across * 32;
  int64 column = block % across * GRADIENT_COLUMNS;
  low += firstRank;
  to += firstRank * columns;
  rank -= firstRank;
  if (rank <= 16) {
    gradientTile<1>(low, lowStride, rank, wide, wideStride, columns, column, to, g);
  } else {
    gradientTile<2>(low, lowStride, rank < 32 ? rank : 32, wide, wideStride, columns, column, to, g);
  }
}

// The parts of dB of each slice, then of all dA. Grid (blocks of all of them, splits).
extern "C" __global__ void __launch_bounds__(GRADIENT_WARPS * 32, 2)
    lora_gradient_parts(const Group g) {
  int64 block = blockIdx.x;
  float* to = g.parts + blockIdx.y * g.partSize;
  for (int i = 0; i < g.count; i++) {
    const Slice& slice = g.slices[i];
    int64 blocks = gradientBlocks(slice.rank, slice.out);
    if (block < blocks) {
      gradientOf(g.h.data + slice.column, g.h.stride, slice.rank, g.dy.data + slice.offset,
                 g.dy.stride, slice.out, block, to, g);
      return;
    }
    block -= blocks;
    to += slice.rank * slice.out;
  }
  gradientOf(g.u.data, g.u.stride, g.rank, g.x.data, g.x.stride, g.in, block, to, g);
}

// dB += scale * the sum of its parts, dA += the sum of its parts; parts are added up in order.
extern "C" __global__ void lora_gradient_sum(const Group g) {
  int64 i = globalIndex();
  if (i >= g.partSize) {
    return;
  }
  float total = 0.f;
  for (int split = 0; split < g.splits; split++) {
    total += g.parts[split * g.partSize + i];
  }
  for (int s = 0; s < g.count; s++) {
    const Slice& slice = g.slices[s];
    int64 size = slice.rank * slice.out;
    if (i < size) {
      float* to = slice.dB + i % slice.out * slice.rank + i / slice.out;
      *to += slice.scale * total;
      return;
    }
    i -= size;
  }
  int64 row = i / g.in;
  for (int s = 0; s < g.count; s++) {
    const Slice& slice = g.slices[s];
    if (row >= slice.column && row < slice.column + slice.rank) {
      slice.dA[(row - slice.column) * g.in + i % g.in] += total;
    }
  }
}
