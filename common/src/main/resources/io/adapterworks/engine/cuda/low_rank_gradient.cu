// dA and dB of all slices of a group, after low_rank.cu.

#define GRADIENT_WARPS 8
#define GRADIENT_COLUMNS 64
#define GRADIENT_RANKS 32
#define GRADIENT_PITCH 68

// What a block of columns adds up, and where to: dA (rank, columns) of the slices whose ranks these
// are, or dB (columns, rank) of one.
struct Gradient {
  const bf16* low;        // (tokens, rank)
  int64 lowStride;
  const bf16* wide;       // (tokens, columns)
  int64 wideStride;
  const float* rowScale;  // (tokens): of wide; or null
  int64 columns;
  int64 column;           // the block's first
  int rank;
  int firstRank;          // of the group's for dA, of the slice's for dB
  const Slice* slice;     // dB's, null for dA
};

// Where column c of the block stands among a rank's sums.
__device__ __forceinline__ int placeOf(int c) { return c % 8 * 8 + c / 8; }

__device__ __forceinline__ void addGradient(const Gradient& to, const Group& g, int r, int c,
                                            float total) {
  int64 column = to.column + c;
  if (column >= to.columns) {
    return;
  }
  if (to.slice) {
    to.slice->dB[column * to.slice->rank + to.firstRank + r] += to.slice->scale * total;
    return;
  }
  total *= g.columnScale ? g.columnScale[column] : 1.f;
  int row = to.firstRank + r;
  for (int s = 0; s < g.count; s++) {
    const Slice& slice = g.slices[s];
    if (row >= slice.column && row < slice.column + slice.rank) {
      slice.dA[(row - slice.column) * g.in + column] += total;
    }
  }
}

// Both of two neighbours, rounded again.
__device__ __forceinline__ unsigned scaled(unsigned pair, float scale) {
  return pack(__uint_as_float(pair << 16) * scale, __uint_as_float(pair & 0xffff0000u) * scale);
}

// sum += a warp's share of narrowT * wide. Rows i and i + 8 of product j are columns 8i + 2j and
// 8i + 2j + 1 of the block.
template <int TILES>
__device__ __forceinline__ void addUp(const Gradient& of, int64 first, int64 end,
                                      float (*sum)[TILES][4]) {
  int lane = threadIdx.x % 32;
  int64 chunk = of.column + lane / 4 * 8;
  bool inside = chunk < of.columns;
#pragma unroll 2
  for (int64 n = first; n < end; n += 16) {
    Eight wide[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      int64 at = n + lane % 4 * 2 + i % 2 + i / 2 * 8;
      wide[i].all = at < end && inside ? *(const uint4*)(of.wide + at * of.wideStride + chunk)
                                       : make_uint4(0, 0, 0, 0);
    }
    unsigned low[TILES][2];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      int64 at = n + lane / 4 + 8 * half;
      float scale = of.rowScale && at < end ? of.rowScale[at] : 1.f;
#pragma unroll
      for (int t = 0; t < TILES; t++) {
        low[t][half] =
            at < end ? *(const unsigned*)(of.low + at * of.lowStride + 8 * t + lane % 4 * 2) : 0;
        if (of.rowScale) {
          low[t][half] = scaled(low[t][half], scale);
        }
      }
    }
#pragma unroll
    for (int t = 0; t < TILES; t++) {
      low[t][0] = turned(low[t][0]);
      low[t][1] = turned(low[t][1]);
    }
#pragma unroll
    for (int j = 0; j < 4; j++) {
      unsigned left[4] = {__byte_perm(wide[0].word[j], wide[1].word[j], 0x5410),
                          __byte_perm(wide[0].word[j], wide[1].word[j], 0x7632),
                          __byte_perm(wide[2].word[j], wide[3].word[j], 0x5410),
                          __byte_perm(wide[2].word[j], wide[3].word[j], 0x7632)};
#pragma unroll
      for (int t = 0; t < TILES; t++) {
        multiply16(sum[j][t], left, low[t][0], low[t][1]);
      }
    }
  }
}

// True in the last of the blocks of these columns to come here: what the others wrote before is there.
__device__ __forceinline__ bool lastToArrive(const Group& g) {
  __shared__ unsigned arrived;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    arrived = atomicAdd(g.counters + blockIdx.x, 1u);
  }
  __syncthreads();
  __threadfence();
  return arrived == g.splits - 1;
}

// Adds narrowT * wide to a gradient: the block's warps share its tokens, and whoever is the last of
// the blocks of the same columns adds up their parts, in order.
template <int TILES>
__device__ void gradientTile(const Gradient& to, const Group& g) {
  extern __shared__ __align__(16) float sums[];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int64 strands = g.splits * GRADIENT_WARPS;
  int64 each = ((g.tokens + strands - 1) / strands + 15) / 16 * 16;
  int64 first = (blockIdx.y * GRADIENT_WARPS + warp) * each;
  float sum[4][TILES][4] = {};
  addUp<TILES>(to, first, first + each < g.tokens ? first + each : g.tokens, sum);
  float* parts = g.parts + (int64)blockIdx.x * g.partSize;
  int64 between = (int64)gridDim.x * g.partSize;
  // In a part dB's ranks lie side by side, dA's columns.
  auto rankOf = [&](int i) { return to.slice ? i % 8 : i / GRADIENT_COLUMNS; };
  auto columnOf = [&](int i) { return to.slice ? i / 8 : i % GRADIENT_COLUMNS; };
#pragma unroll
  for (int t = 0; t < TILES; t++) {
    __syncthreads();
#pragma unroll
    for (int j = 0; j < 4; j++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int line = (warp * 8 + lane % 4 * 2 + e % 2) * GRADIENT_PITCH;
        sums[line + (2 * j + e / 2) * 8 + lane / 4] = sum[j][t][e];
      }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < 8 * GRADIENT_COLUMNS; i += blockDim.x) {
      float total = 0.f;
#pragma unroll
      for (int w = 0; w < GRADIENT_WARPS; w++) {
        total += sums[(w * 8 + rankOf(i)) * GRADIENT_PITCH + placeOf(columnOf(i))];
      }
      if (g.splits == 1) {
        addGradient(to, g, 8 * t + rankOf(i), columnOf(i), total);
      } else {
        parts[blockIdx.y * between + t * 8 * GRADIENT_COLUMNS + i] = total;
      }
    }
  }
  if (g.splits == 1 || !lastToArrive(g)) {
    return;
  }
  for (int i = threadIdx.x; i < 8 * TILES * GRADIENT_COLUMNS; i += blockDim.x) {
    float total = 0.f;
    for (int split = 0; split < g.splits; split++) {
      total += __ldcg(parts + split * between + i);
    }
    int within = i % (8 * GRADIENT_COLUMNS), tile = i / (8 * GRADIENT_COLUMNS);
    addGradient(to, g, 8 * tile + rankOf(within), columnOf(within), total);
  }
}

__device__ __forceinline__ void gradientOf(Gradient to, int64 block, const Group& g) {
  int64 across = (to.columns + GRADIENT_COLUMNS - 1) / GRADIENT_COLUMNS;
  to.firstRank = block / across * GRADIENT_RANKS;
  to.column = block % across * GRADIENT_COLUMNS;
  to.low += to.firstRank;
  int rank = to.rank - to.firstRank;
  switch (rank < GRADIENT_RANKS ? rank / 8 : 4) {
    case 1: gradientTile<1>(to, g); break;
    case 2: gradientTile<2>(to, g); break;
    case 3: gradientTile<3>(to, g); break;
    default: gradientTile<4>(to, g);
  }
}

// dB += scale * dyT * h of each slice, then dA += uT * x of all, x scaled where that is asked for.
// Grid (blocks of 64 columns and 32 ranks of all of them, splits).
extern "C" __global__ void __launch_bounds__(GRADIENT_WARPS * 32, 2)
    lora_gradient(const __grid_constant__ Group g) {
  int64 block = blockIdx.x;
  for (int i = 0; i < g.count; i++) {
    const Slice& slice = g.slices[i];
    int64 blocks = (slice.out + GRADIENT_COLUMNS - 1) / GRADIENT_COLUMNS *
                   ((slice.rank + GRADIENT_RANKS - 1) / GRADIENT_RANKS);
    if (block < blocks) {
      Gradient dB = {g.h.data + slice.column, g.h.stride, g.dy.data + slice.offset, g.dy.stride, 0,
                     slice.out, 0, (int)slice.rank, 0, &slice};
      gradientOf(dB, block, g);
      return;
    }
    block -= blocks;
  }
  Gradient dA = {g.u.data, g.u.stride, g.x.data, g.x.stride, g.rowScale, g.in, 0, (int)g.rank, 0, 0};
  gradientOf(dA, block, g);
}
