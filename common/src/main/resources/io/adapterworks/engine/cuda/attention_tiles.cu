// What the blockwise attention kernels share: tiles of 64 rows of HEAD_DIM bf16 in shared memory, and
// the tensor cores' fragments of them. Rows are cut into chunks of 16 bytes, whose places are swapped
// by the row's number so that the eight rows of a fragment lie in different banks. With WARPGROUP
// (compute capability 9.0) tiles are panels of 64 columns, as the warpgroup products read them, and a
// block is one warpgroup.

#define ROWS 64
#define THREADS 128
#define CHUNKS (HEAD_DIM / 8)
#define TILE_BYTES (ROWS * HEAD_DIM * 2)
#define GROUPS 4

__device__ __forceinline__ unsigned chunkAt(unsigned tile, int row, int chunk) {
#if WARPGROUP
  return tile + chunk / 8 * PANEL_BYTES + row * 128 + (chunk % 8 ^ (row & 7)) * 16;
#else
  int swap = CHUNKS >= 8 ? row & 7 : (row >> 1) & 3;
  return tile + (row * CHUNKS + (chunk ^ swap)) * 16;
#endif
}

// The first of the 16 rows of a tile that the warp works on.
__device__ __forceinline__ int warpRow() { return threadIdx.x % THREADS / 32 * 16; }

// The block's shared memory, from an address on that the tensor cores' swizzling takes.
__device__ __forceinline__ unsigned tilesAt(const void* memory) {
  return (sharedAddress(memory) + 1023) & ~1023u;
}

#if WARPGROUP

// A matrix that tiles are read from: a kernel's parameter, and how startTile takes it.
#define MATRIX(name) const __grid_constant__ TensorMap name
#define READER(name) (&name)
typedef const TensorMap* Reader;

// Starts copying a tile; by one thread.
__device__ __forceinline__ void fetchTile(unsigned tile, Reader from, int column, int row,
                                          unsigned barrier) {
#pragma unroll
  for (int panel = 0; panel < HEAD_DIM / 64; panel++) {
    fetch(tile + panel * PANEL_BYTES, from, column + panel * 64, row, barrier);
  }
}

// Tiles on their way from memory, in groups: at most GROUPS that were not awaited.
struct Loads {
  unsigned barriers;
  int started, awaited;

  // All threads of the block; barriers of its own in shared memory.
  __device__ __forceinline__ Loads(unsigned long long* memory)
      : barriers(sharedAddress(memory)), started(0), awaited(0) {
    if (threadIdx.x == 0) {
      for (int i = 0; i < GROUPS; i++) {
        initBarrier(barriers + 8 * i, 1);
      }
      asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    }
    __syncthreads();
  }

  // Of the group that is being started.
  __device__ __forceinline__ unsigned barrier() const { return barriers + started % GROUPS * 8; }

  // Starts copying 64 rows; rows beyond the sequence are any others, those beyond the matrix zero.
  __device__ __forceinline__ void start(unsigned tile, Reader from, int column, int row, int) {
    if (threadIdx.x == 0) {
      announceBytes(barrier(), TILE_BYTES);
      fetchTile(tile, from, column, row, barrier());
    }
  }

  // Starts copying this many bytes as they lie in memory.
  template <int BYTES>
  __device__ __forceinline__ void startBytes(unsigned to, const void* from) {
    if (threadIdx.x == 0) {
      announceBytes(barrier(), BYTES);
      fetchBytes(to, from, BYTES, barrier());
    }
  }

  // What was started since the last time is a group.
  __device__ __forceinline__ void commit() {
    if (threadIdx.x == 0) {
      arriveAt(barrier());
    }
    started++;
  }

  // Waits for the oldest group, while LEFT younger ones are on their way.
  template <int LEFT>
  __device__ __forceinline__ void await() {
    waitBarrier(barriers + awaited % GROUPS * 8, awaited / GROUPS % 2);
    awaited++;
  }
};

#else

#define MATRIX(name) const bf16 *name##Rows, int64 name##Stride
#define READER(name) (Reader{name##Rows, name##Stride})
struct Reader {
  const bf16* rows;
  int64 stride;
};

struct Loads {
  __device__ __forceinline__ Loads(unsigned long long*) {}

  // Starts copying 64 rows, of which so many are valid; the others are set to zero.
  __device__ __forceinline__ void start(unsigned tile, Reader from, int column, int row,
                                        int valid) {
    const bf16* first = from.rows + row * from.stride + column;
#pragma unroll
    for (int i = threadIdx.x; i < ROWS * CHUNKS; i += THREADS) {
      int at = i / CHUNKS, chunk = i % CHUNKS;
      const bf16* source = first + (at < valid ? at * from.stride + chunk * 8 : 0);
      copyChunk(chunkAt(tile, at, chunk), source, at < valid ? 16 : 0);
    }
  }

  // Starts copying this many bytes as they lie in memory.
  template <int BYTES>
  __device__ __forceinline__ void startBytes(unsigned to, const void* from) {
#pragma unroll
    for (int i = threadIdx.x * 16; i < BYTES; i += THREADS * 16) {
      copyChunk(to + i, (const char*)from + i, 16);
    }
  }

  // Starts copying 16 bytes, of which so many are there and the others set to zero.
  __device__ __forceinline__ void copyChunk(unsigned to, const void* from, int there) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(there));
  }

  __device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;"); }

  template <int LEFT>
  __device__ __forceinline__ void await() {
    asm volatile("cp.async.wait_group %0;" ::"n"(LEFT));
  }
};

#endif

// A product's result as the left operand of the next, rounded to bf16.
__device__ __forceinline__ void packWeights(unsigned (*to)[4], const float (*weights)[4]) {
#pragma unroll
  for (int i = 0; i < ROWS / 16; i++) {
    to[i][0] = pack(weights[2 * i][0], weights[2 * i][1]);
    to[i][1] = pack(weights[2 * i][2], weights[2 * i][3]);
    to[i][2] = pack(weights[2 * i + 1][0], weights[2 * i + 1][1]);
    to[i][3] = pack(weights[2 * i + 1][2], weights[2 * i + 1][3]);
  }
}

#if WARPGROUP

// d(64, 64) = or += a(64, 16) bT, both in shared memory.
__device__ __forceinline__ void multiplyShared(float (*d)[4], unsigned a, unsigned b, int add) {
    asm volatile(
        "{ .reg .pred p; setp.ne.b32 p, %34, 0; " WHOLE("a", "%32") WHOLE("b", "%33")
        "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
        "a, b, p, 1, 1, 0, 0; }"
        :
        "+f"(d[0][0]), "+f"(d[0][1]), "+f"(d[0][2]), "+f"(d[0][3]), "+f"(d[1][0]),
        "+f"(d[1][1]), "+f"(d[1][2]), "+f"(d[1][3]), "+f"(d[2][0]), "+f"(d[2][1]),
        "+f"(d[2][2]), "+f"(d[2][3]), "+f"(d[3][0]), "+f"(d[3][1]), "+f"(d[3][2]),
        "+f"(d[3][3]), "+f"(d[4][0]), "+f"(d[4][1]), "+f"(d[4][2]), "+f"(d[4][3]),
        "+f"(d[5][0]), "+f"(d[5][1]), "+f"(d[5][2]), "+f"(d[5][3]), "+f"(d[6][0]),
        "+f"(d[6][1]), "+f"(d[6][2]), "+f"(d[6][3]), "+f"(d[7][0]), "+f"(d[7][1]),
        "+f"(d[7][2]), "+f"(d[7][3])
        : "r"(a), "r"(b), "r"(add));
}

// d(64, HEAD_DIM) += a(64, 16) b(16, HEAD_DIM), a in registers, b in shared memory.
__device__ __forceinline__ void multiplyRegisters(float (*d)[4], const unsigned* a, unsigned b) {
#if HEAD_DIM == 128
    asm volatile(
        "{ " WHOLE("b", "%68")
        "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
        "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "
        "{%64, %65, %66, %67}, b, 1, 1, 1, 1; }"
        :
        "+f"(d[0][0]), "+f"(d[0][1]), "+f"(d[0][2]), "+f"(d[0][3]), "+f"(d[1][0]),
        "+f"(d[1][1]), "+f"(d[1][2]), "+f"(d[1][3]), "+f"(d[2][0]), "+f"(d[2][1]),
        "+f"(d[2][2]), "+f"(d[2][3]), "+f"(d[3][0]), "+f"(d[3][1]), "+f"(d[3][2]),
        "+f"(d[3][3]), "+f"(d[4][0]), "+f"(d[4][1]), "+f"(d[4][2]), "+f"(d[4][3]),
        "+f"(d[5][0]), "+f"(d[5][1]), "+f"(d[5][2]), "+f"(d[5][3]), "+f"(d[6][0]),
        "+f"(d[6][1]), "+f"(d[6][2]), "+f"(d[6][3]), "+f"(d[7][0]), "+f"(d[7][1]),
        "+f"(d[7][2]), "+f"(d[7][3]), "+f"(d[8][0]), "+f"(d[8][1]), "+f"(d[8][2]),
        "+f"(d[8][3]), "+f"(d[9][0]), "+f"(d[9][1]), "+f"(d[9][2]), "+f"(d[9][3]),
        "+f"(d[10][0]), "+f"(d[10][1]), "+f"(d[10][2]), "+f"(d[10][3]), "+f"(d[11][0]),
        "+f"(d[11][1]), "+f"(d[11][2]), "+f"(d[11][3]), "+f"(d[12][0]), "+f"(d[12][1]),
        "+f"(d[12][2]), "+f"(d[12][3]), "+f"(d[13][0]), "+f"(d[13][1]), "+f"(d[13][2]),
        "+f"(d[13][3]), "+f"(d[14][0]), "+f"(d[14][1]), "+f"(d[14][2]), "+f"(d[14][3]),
        "+f"(d[15][0]), "+f"(d[15][1]), "+f"(d[15][2]), "+f"(d[15][3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b));
#else
    asm volatile(
        "{ " WHOLE("b", "%36")
        "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "
        "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "
        "{%32, %33, %34, %35}, b, 1, 1, 1, 1; }"
        :
        "+f"(d[0][0]), "+f"(d[0][1]), "+f"(d[0][2]), "+f"(d[0][3]), "+f"(d[1][0]),
        "+f"(d[1][1]), "+f"(d[1][2]), "+f"(d[1][3]), "+f"(d[2][0]), "+f"(d[2][1]),
        "+f"(d[2][2]), "+f"(d[2][3]), "+f"(d[3][0]), "+f"(d[3][1]), "+f"(d[3][2]),
        "+f"(d[3][3]), "+f"(d[4][0]), "+f"(d[4][1]), "+f"(d[4][2]), "+f"(d[4][3]),
        "+f"(d[5][0]), "+f"(d[5][1]), "+f"(d[5][2]), "+f"(d[5][3]), "+f"(d[6][0]),
        "+f"(d[6][1]), "+f"(d[6][2]), "+f"(d[6][3]), "+f"(d[7][0]), "+f"(d[7][1]),
        "+f"(d[7][2]), "+f"(d[7][3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b));
#endif
}

// Keeps the compiler from touching accumulators while products run.
template <int TILES>
__device__ __forceinline__ void hold(float (*d)[4]) {
#pragma unroll
  for (int i = 0; i < TILES; i++) {
    asm volatile("" : "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3])::"memory");
  }
}

// scores(64, 64) += a bT, over HEAD_DIM, both in shared memory, or = where nothing is to be added to;
// the caller starts and finishes.
__device__ __forceinline__ void multiplyTiles(float (*scores)[4], unsigned a, int, unsigned b,
                                              bool add) {
#pragma unroll
  for (int step = 0; step < HEAD_DIM / 16; step++) {
    multiplyShared(scores, describe(a) + COLUMN_STEP(step), describe(b) + COLUMN_STEP(step),
                   add || step > 0);
  }
}

// sum(64, HEAD_DIM) += weights(64, 64) b(64, HEAD_DIM); the caller starts and finishes.
__device__ __forceinline__ void addProduct(float (*sum)[4], const unsigned (*weights)[4],
                                           unsigned b) {
#pragma unroll
  for (int i = 0; i < ROWS / 16; i++) {
    multiplyRegisters(sum, weights[i], describe(b) + ROW_STEP(i));
  }
}

#else

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

__device__ __forceinline__ void startProducts() {}
__device__ __forceinline__ void commitProducts() {}
__device__ __forceinline__ void finishProducts() {}
template <int GROUPS_LEFT>
__device__ __forceinline__ void awaitProducts() {}
template <int TILES>
__device__ __forceinline__ void hold(float (*)[4]) {}

// scores(16 rows of a, 64 rows of b) += a bT, over HEAD_DIM, or = where nothing is to be added to.
__device__ __forceinline__ void multiplyTiles(float (*scores)[4], unsigned a, int row, unsigned b,
                                              bool add) {
#pragma unroll
  for (int i = 0; i < ROWS / 8; i++) {
#pragma unroll
    for (int e = 0; e < 4; e++) {
      scores[i][e] = add ? scores[i][e] : 0.f;
    }
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

// sum(16, HEAD_DIM) += weights(16, 64) b(64, HEAD_DIM).
__device__ __forceinline__ void addProduct(float (*sum)[4], const unsigned (*weights)[4],
                                           unsigned b) {
#pragma unroll
  for (int i = 0; i < ROWS / 16; i++) {
#pragma unroll
    for (int step = 0; step < HEAD_DIM / 16; step++) {
      unsigned right[4];
      loadRightRows(right, b, 16 * i, step);
      multiply(sum[2 * step], weights[i], right);
      multiply(sum[2 * step + 1], weights[i], right + 2);
    }
  }
}

#endif

// Writes the warp's 16 rows, scaled, by way of its own rows of a tile that it alone still reads.
__device__ __forceinline__ void writeRows(unsigned tile, const float (*sum)[4], float upper,
                                          float lower, bf16* to, int64 stride, int valid) {
  int lane = threadIdx.x % 32, row = warpRow();
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
