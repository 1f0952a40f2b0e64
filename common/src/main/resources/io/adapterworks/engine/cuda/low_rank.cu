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

// A matrix of bf16; null where a call has none.
struct Matrix {
  bf16* data;
  int64 stride;

  __device__ __forceinline__ bf16* row(int64 n) const { return data + n * stride; }
};

// "Beside" and "below" make one product of base and low-rank part: x with its spare columns, which
// hold scale * h, times the weights with b beside them; dy with u times the weights with a below them.
struct Group {
  Matrix x;              // (tokens, in)
  Matrix dy;             // (tokens, out)
  Matrix y;              // (tokens, out)
  Matrix residual;       // (tokens, out), or null
  Matrix h;              // (tokens, rank)
  Matrix u;              // (tokens, rank): scale * dy * b
  Matrix spare;          // (tokens, spareColumns): set to scale * h, or to u, and zeros; or null
  Matrix beside;         // (out, spareColumns): set to b, each slice in its own rows and columns
  Matrix below;          // (rank, in): set to a, one below the other; or null
  bf16* aColumns;        // (in, rank): a transposed, side by side; or null
  const float* rowScale;     // (tokens), and
  const float* columnScale;  // (in): what x is to be multiplied with for dA; or null
  unsigned* counters;    // one for each block of columns of the gradients, zero; or null
  float* parts;          // (splits, blocks of columns, partSize)
  int64 partSize;        // elements of a block of columns
  int64 tokens, in, out, rank, count, splits, spareColumns, blocks;
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

// Rows of a (ranks, depth) as a right operand: a lane's eight neighbours of one row.
template <int TILES>
struct RankRows {
  const bf16* rows[TILES];

  __device__ __forceinline__ void read(int t, int64 k, Eight& to) const {
    to.all = *(const uint4*)(rows[t] + k);
  }
};

// As RankRows from b (depth, ranks): rows dealt as those of x are, turned round tile by tile.
struct RankColumns {
  const bf16* at;  // this lane's row and pair of columns of the first tile
  int64 rank;

  __device__ __forceinline__ RankColumns(const bf16* b, int64 ranks) : rank(ranks) {
    int lane = threadIdx.x % 32;
    at = b + (lane / 8 * 8 + lane / 4 % 2) * ranks + lane % 4 * 2;
  }

  __device__ __forceinline__ void read(int t, int64 k, Eight& to) const {
#pragma unroll
    for (int w = 0; w < 4; w++) {
      to.word[w] = turned(*(const unsigned*)(at + (k + 2 * w) * rank + 8 * t));
    }
  }
};

// sums(32 rows of x, 8 TILES columns from "column" on) of each warp = its share of x(tokens, depth) *
// the right operand. A block takes 32 rows of x, its warps share the depth.
template <int TILES, class Right>
__device__ __forceinline__ void narrow(Matrix x, int64 depth, const Right& right, int64 tokens,
                                       int column, int width) {
  extern __shared__ __align__(16) float sums[];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int64 first = (int64)blockIdx.x * DOWN_ROWS;
  const bf16* from[4];
#pragma unroll
  for (int i = 0; i < 4; i++) {
    int64 row = first + lane / 4 + 8 * i;
    from[i] = x.row(row < tokens ? row : tokens - 1) + lane % 4 * 8;
  }
  float sum[2][TILES][4] = {};
#pragma unroll 2
  for (int64 k = warp * 32; k < depth; k += DOWN_WARPS * 32) {
    Eight left[4], rights[TILES];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      left[i].all = *(const uint4*)(from[i] + k);
    }
#pragma unroll
    for (int t = 0; t < TILES; t++) {
      right.read(t, k, rights[t]);
    }
#pragma unroll
    for (int s = 0; s < 4; s += 2) {
#pragma unroll
      for (int m = 0; m < 2; m++) {
        unsigned a[4] = {left[2 * m].word[s], left[2 * m + 1].word[s], left[2 * m].word[s + 1],
                         left[2 * m + 1].word[s + 1]};
#pragma unroll
        for (int t = 0; t < TILES; t++) {
          multiply16(sum[m][t], a, rights[t].word[s], rights[t].word[s + 1]);
        }
      }
    }
  }
#pragma unroll
  for (int m = 0; m < 2; m++) {
#pragma unroll
    for (int t = 0; t < TILES; t++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int row = 16 * m + lane / 4 + e / 2 * 8;
        sums[(warp * DOWN_ROWS + row) * width + column + 8 * t + lane % 4 * 2 + e % 2] =
            sum[m][t][e];
      }
    }
  }
}

// Element i of the block's sums, row by row.
__device__ __forceinline__ float narrowed(int i, int width) {
  extern __shared__ __align__(16) float sums[];
  float total = 0.f;
#pragma unroll
  for (int w = 0; w < DOWN_WARPS; w++) {
    total += sums[w * DOWN_ROWS * width + i];
  }
  return total;
}

// Sets the spare columns from the group's rank on to zero, in the block's rows.
__device__ __forceinline__ void clearSpare(const Group& g) {
  int empty = g.spareColumns - g.rank;
  int64 first = (int64)blockIdx.x * DOWN_ROWS;
  for (int i = threadIdx.x; i < DOWN_ROWS * empty; i += blockDim.x) {
    int64 row = first + i / empty;
    if (row < g.tokens) {
      g.spare.row(row)[g.rank + i % empty].bits = 0;
    }
  }
}

__device__ __forceinline__ float scaleAt(const Group& g, int column) {
  float scale = 0.f;
  for (int i = 0; i < g.count; i++) {
    const Slice& slice = g.slices[i];
    scale = column >= slice.column && column < slice.column + slice.rank ? slice.scale : scale;
  }
  return scale;
}

// Writes the block's sums, columns of the group's rank from "first" on: as they are to "to", and scaled
// to the spare columns. Null where not wanted.
__device__ __forceinline__ void putSums(const Group& g, Matrix plain, Matrix scaled, int first,
                                        int width) {
  __syncthreads();
  for (int i = threadIdx.x; i < DOWN_ROWS * width; i += blockDim.x) {
    float total = narrowed(i, width);
    int64 row = (int64)blockIdx.x * DOWN_ROWS + i / width;
    int column = first + i % width;
    if (row < g.tokens) {
      if (plain.data) {
        plain.row(row)[column] = toBf16(total);
      }
      if (scaled.data) {
        scaled.row(row)[column] = toBf16(scaleAt(g, column) * total);
      }
    }
  }
}

// Items first, first + step... of "count" for this thread, where the blocks of the grid's first row
// share them.
struct Share {
  int64 at, step;

  __device__ __forceinline__ Share() : at(globalIndex()), step((int64)gridDim.x * blockDim.x) {}
};

// Sets "beside".
__device__ __forceinline__ void setBeside(const Group& g) {
  int64 chunks = g.spareColumns / 8;
  Share share;
  for (int64 i = share.at; i < g.out * chunks; i += share.step) {
    int64 row = i / chunks;
    int column = i % chunks * 8;
    uint4 values = make_uint4(0, 0, 0, 0);
    for (int s = 0; s < g.count; s++) {
      const Slice& slice = g.slices[s];
      if (row >= slice.offset && row < slice.offset + slice.out && column >= slice.column &&
          column < slice.column + slice.rank) {
        values =
            *(const uint4*)(slice.b + (row - slice.offset) * slice.rank + column - slice.column);
      }
    }
    *(uint4*)(g.beside.row(row) + column) = values;
  }
}

// Row "row" of all slices' a, one below the other; null below the last.
__device__ __forceinline__ const bf16* rowOfA(const Group& g, int64 row) {
  const bf16* found = 0;
  for (int s = 0; s < g.count; s++) {
    const Slice& slice = g.slices[s];
    if (row >= slice.column && row < slice.column + slice.rank) {
      found = slice.a + (row - slice.column) * g.in;
    }
  }
  return found;
}

// Sets "below".
__device__ __forceinline__ void setBelow(const Group& g) {
  int64 chunks = g.in / 8;
  Share share;
  for (int64 i = share.at; i < g.spareColumns * chunks; i += share.step) {
    int64 row = i / chunks, column = i % chunks * 8;
    const bf16* from = rowOfA(g, row);
    *(uint4*)(g.below.row(row) + column) =
        from ? *(const uint4*)(from + column) : make_uint4(0, 0, 0, 0);
  }
}

// Sets aColumns.
__device__ __forceinline__ void setColumns(const Group& g) {
  Share share;
  for (int64 i = share.at; i < g.rank / 8 * g.in; i += share.step) {
    int64 first = i / g.in * 8, column = i % g.in;
    union {
      uint4 all;
      bf16 each[8];
    } values;
#pragma unroll
    for (int j = 0; j < 8; j++) {
      values.each[j] = rowOfA(g, first + j)[column];
    }
    *(uint4*)(g.aColumns + column * g.rank + first) = values.all;
  }
}

template <int TILES>
__device__ void downTiles(const Group& g, int firstTile) {
  int lane = threadIdx.x % 32;
  RankRows<TILES> right;
#pragma unroll
  for (int t = 0; t < TILES; t++) {
    right.rows[t] = rowOfA(g, 8 * (firstTile + t) + lane / 4) + lane % 4 * 8;
  }
  narrow<TILES>(g.x, g.in, right, g.tokens, 0, 8 * TILES);
  putSums(g, g.h, g.spare, 8 * firstTile, 8 * TILES);
}

// h = x * aT, and sets "beside" where it is given. Grid (tokens / 32, tiles of 8 ranks / 4).
extern "C" __global__ void __launch_bounds__(DOWN_WARPS * 32) lora_down(const Group g) {
  int first = blockIdx.y * 4;
  int tiles = g.rank / 8 - first;
  if (g.spare.data && first == 0) {
    clearSpare(g);
  }
  if (g.beside.data && first == 0) {
    setBeside(g);
  }
  switch (tiles < 4 ? tiles : 4) {
    case 1: downTiles<1>(g, first); break;
    case 2: downTiles<2>(g, first); break;
    case 3: downTiles<3>(g, first); break;
    default: downTiles<4>(g, first);
  }
}

// Tiles of one slice, from its tile "first" on, to the block's columns from "column" on.
__device__ __forceinline__ void gradientTiles(const Group& g, const Slice& slice, int first,
                                              int tiles, int column, int width) {
  Matrix dy = {g.dy.data + slice.offset, g.dy.stride};
  RankColumns right(slice.b + 8 * first, slice.rank);
  switch (tiles) {
    case 1: narrow<1>(dy, slice.out, right, g.tokens, column, width); break;
    case 2: narrow<2>(dy, slice.out, right, g.tokens, column, width); break;
    case 3: narrow<3>(dy, slice.out, right, g.tokens, column, width); break;
    default: narrow<4>(dy, slice.out, right, g.tokens, column, width);
  }
}

// u = scale * dy * b. Sets "below", aColumns and the gradients' counters too, where they are given.
// Grid (tokens / 32, tiles of 8 ranks / 4).
extern "C" __global__ void __launch_bounds__(DOWN_WARPS * 32) lora_low_gradient(const Group g) {
  int first = blockIdx.y * 4;
  int end = g.rank / 8 < first + 4 ? g.rank / 8 : first + 4;
  if (first == 0) {
    Share share;
    for (int64 i = share.at; i < g.blocks; i += share.step) {
      g.counters[i] = 0;
    }
    if (g.spare.data) {
      clearSpare(g);
    }
    if (g.below.data) {
      setBelow(g);
    }
    if (g.aColumns) {
      setColumns(g);
    }
  }
  int width = 8 * (end - first);
  for (int i = 0; i < g.count; i++) {
    const Slice& slice = g.slices[i];
    int from = slice.column / 8, to = from + slice.rank / 8;
    int begin = from > first ? from : first, stop = to < end ? to : end;
    if (begin < stop) {
      gradientTiles(g, slice, begin - from, stop - begin, 8 * (begin - first), width);
    }
  }
  Matrix none = {0, 0};
  putSums(g, none, g.u, 8 * first, width);
}
