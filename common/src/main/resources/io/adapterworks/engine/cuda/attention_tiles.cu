// What the blockwise attention kernels share: tiles of 64 rows of HEAD_DIM bf16 in shared memory, and
// the tensor cores' fragments of them. Rows are cut into chunks of 16 bytes, whose places are swapped
// by the row's number so that the eight rows of a fragment lie in different banks.

#define ROWS 64
#define THREADS 128
#define CHUNKS (HEAD_DIM / 8)
#define TILE_BYTES (ROWS * HEAD_DIM * 2)
#define LOG2E 1.4426950408889634f

__device__ __forceinline__ unsigned sharedAddress(const void* pointer) {
  unsigned result;
  asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }"
      : "=r"(result)
      : "l"(pointer));
  return result;
}

__device__ __forceinline__ unsigned chunkAt(unsigned tile, int row, int chunk) {
  int swap = CHUNKS >= 8 ? row & 7 : (row >> 1) & 3;
  return tile + (row * CHUNKS + (chunk ^ swap)) * 16;
}

__device__ __forceinline__ void commitLoads() { asm volatile("cp.async.commit_group;"); }

template <int LEFT>
__device__ __forceinline__ void waitLoads() {
  asm volatile("cp.async.wait_group %0;" ::"n"(LEFT));
}

// Starts copying rows [0, valid) of a tile; rows beyond are set to zero.
__device__ __forceinline__ void startTile(unsigned tile, const bf16* from, int64 stride, int valid) {
#pragma unroll
  for (int i = threadIdx.x; i < ROWS * CHUNKS; i += THREADS) {
    int row = i / CHUNKS, chunk = i % CHUNKS;
    const bf16* source = from + (row < valid ? row * stride + chunk * 8 : 0);
    int bytes = row < valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(chunkAt(tile, row, chunk)),
                 "l"(source), "r"(bytes));
  }
}

__device__ __forceinline__ void loadMatrices(unsigned* to, unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(address));
}

__device__ __forceinline__ void loadTransposed(unsigned* to, unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(address));
}

// Rows [row, row + 16), columns [16 step, 16 step + 16): the left operand.
__device__ __forceinline__ void loadLeft(unsigned* to, unsigned tile, int row, int step) {
  int lane = threadIdx.x % 32;
  loadMatrices(to, chunkAt(tile, row + lane % 16, 2 * step + lane / 16));
}

// The right operand whose columns are the tile's rows [row, row + 16): two fragments of eight.
__device__ __forceinline__ void loadRight(unsigned* to, unsigned tile, int row, int step) {
  int lane = threadIdx.x % 32;
  loadMatrices(to, chunkAt(tile, row + lane % 8 + lane / 16 * 8, 2 * step + lane / 8 % 2));
}

// The right operand whose rows are the tile's rows [row, row + 16), columns [16 step, + 16).
__device__ __forceinline__ void loadRightRows(unsigned* to, unsigned tile, int row, int step) {
  int lane = threadIdx.x % 32;
  loadTransposed(to, chunkAt(tile, row + lane % 16, 2 * step + lane / 16));
}

__device__ __forceinline__ void multiply(float* sum, const unsigned* a, const unsigned* b) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ __forceinline__ float power2(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

// scores(16 rows of a, 64 rows of b) = a bT, over HEAD_DIM.
__device__ __forceinline__ void multiplyTiles(float (*scores)[4], unsigned a, int row, unsigned b) {
#pragma unroll
  for (int i = 0; i < ROWS / 8; i++) {
    scores[i][0] = scores[i][1] = scores[i][2] = scores[i][3] = 0.f;
  }
#pragma unroll
  for (int step = 0; step < HEAD_DIM / 16; step++) {
    unsigned left[4];
    loadLeft(left, a, row, step);
#pragma unroll
    for (int i = 0; i < ROWS / 16; i++) {
      unsigned right[4];
      loadRight(right, b, 16 * i, step);
      multiply(scores[2 * i], left, right);
      multiply(scores[2 * i + 1], left, right + 2);
    }
  }
}

// sum(16, HEAD_DIM) += weights(16, 64) b(64, HEAD_DIM), weights rounded to bf16.
__device__ __forceinline__ void addProduct(float (*sum)[4], const float (*weights)[4], unsigned b) {
#pragma unroll
  for (int i = 0; i < ROWS / 16; i++) {
    unsigned left[4] = {pack(weights[2 * i][0], weights[2 * i][1]),
                        pack(weights[2 * i][2], weights[2 * i][3]),
                        pack(weights[2 * i + 1][0], weights[2 * i + 1][1]),
                        pack(weights[2 * i + 1][2], weights[2 * i + 1][3])};
#pragma unroll
    for (int step = 0; step < HEAD_DIM / 16; step++) {
      unsigned right[4];
      loadRightRows(right, b, 16 * i, step);
      multiply(sum[2 * step], left, right);
      multiply(sum[2 * step + 1], left, right + 2);
    }
  }
}

// Writes the warp's 16 rows, scaled, by way of its own rows of a tile that it alone still reads.
__device__ __forceinline__ void writeRows(unsigned tile, const float (*sum)[4], float upper,
                                          float lower, bf16* to, int64 stride, int valid) {
  int lane = threadIdx.x % 32, row = threadIdx.x / 32 * 16;
  __syncwarp();
#pragma unroll
  for (int i = 0; i < HEAD_DIM / 8; i++) {
    unsigned above = chunkAt(tile, row + lane / 4, i) + lane % 4 * 4;
    unsigned below = chunkAt(tile, row + 8 + lane / 4, i) + lane % 4 * 4;
    asm volatile("st.shared.b32 [%0], %1;" ::"r"(above),
                 "r"(pack(sum[i][0] * upper, sum[i][1] * upper)));
    asm volatile("st.shared.b32 [%0], %1;" ::"r"(below),
                 "r"(pack(sum[i][2] * lower, sum[i][3] * lower)));
  }
  __syncwarp();
#pragma unroll
  for (int i = lane; i < 16 * CHUNKS; i += 32) {
    int at = row + i / CHUNKS, chunk = i % CHUNKS;
    uint4 words;
    asm volatile("ld.shared.v4.b32 {%0,%1,%2,%3}, [%4];"
                 : "=r"(words.x), "=r"(words.y), "=r"(words.z), "=r"(words.w)
                 : "r"(chunkAt(tile, at, chunk)));
    if (at < valid) {
      *(uint4*)(to + at * stride + chunk * 8) = words;
    }
  }
}
