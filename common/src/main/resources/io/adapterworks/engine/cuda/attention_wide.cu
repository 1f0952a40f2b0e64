// Attention for heads of 128 on compute capability 9.0: one warpgroup of a block keeps a ring of tiles
// full, the others multiply the same tiles with 64 rows each of their own, and wait for nobody but the
// ring.

// The warpgroup's number; the last one of a block fills the ring. By way of a shuffle, so that the
// compiler knows that it is the same for all of a warp and keeps what depends on it in uniform
// registers, where products want their operands' descriptions.
__device__ __forceinline__ int warpgroup() {
  return __shfl_sync(0xffffffffu, threadIdx.x / THREADS, 0);
}

// Stages of shared memory that are filled and let go of in order; steps count on from 0. Of a warp that
// reads, LANES let go of a stage: one where only products read it, else all, for each vouches for what
// it read itself.
template <int STAGES, int STAGE_BYTES, int LANES>
struct TileRing {
  unsigned stages, barriers;

  // All threads of the block. Barriers of its own in shared memory: two a stage. A stage is full once
  // "fillers" have arrived and their bytes, and empty once the warps of so many warpgroups have.
  __device__ __forceinline__ TileRing(unsigned stages, unsigned long long* memory, int fillers,
                                      int readers)
      : stages(stages), barriers(sharedAddress(memory)) {
    if (threadIdx.x == 0) {
      for (int i = 0; i < STAGES; i++) {
        initBarrier(barriers + 16 * i, fillers);
        initBarrier(barriers + 16 * i + 8, readers * (THREADS / 32) * LANES);
      }
      asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    }
    __syncthreads();
  }

  __device__ __forceinline__ unsigned stage(int step) const {
    return stages + step % STAGES * STAGE_BYTES;
  }
  __device__ __forceinline__ unsigned full(int step) const {
    return barriers + step % STAGES * 16;
  }
  __device__ __forceinline__ unsigned empty(int step) const { return full(step) + 8; }

  // By a filler: waits until all readers are done with what the step's stage held.
  __device__ __forceinline__ void claim(int step) const {
    if (step >= STAGES) {
      waitBarrier(empty(step), (step / STAGES + 1) % 2);
    }
  }

  // By a reader: waits until the step's stage is full.
  __device__ __forceinline__ void await(int step) const {
    waitBarrier(full(step), step / STAGES % 2);
  }

  // By each reading warp, once it is done: nothing says that others of its warpgroup have come as far,
  // least of all where no product holds them together.
  __device__ __forceinline__ void release(int step) const {
    __syncwarp();
    if (threadIdx.x % 32 < LANES) {
      arriveAt(empty(step));
    }
  }

  // By a reader that needs nothing of these steps.
  __device__ __forceinline__ void skip(int& step, int end) const {
    for (; step < end; step++) {
      await(step);
      release(step);
    }
  }
};

#define FORWARD_TILES 3
#define FORWARD_THREADS ((FORWARD_TILES + 1) * THREADS)
#define FORWARD_STAGES 4

// Queries that a warpgroup works on: of all heads of a group, those that see most keys first, so that
// the warpgroups of a block, which share tiles of keys, are done at nearly the same time.
struct Queries {
  int head, tile;

  __device__ __forceinline__ Queries(int item, int kvHead, int group, int tiles)
      : head(kvHead * group + item % group), tile(tiles - 1 - item / group) {}
};

// Grid (key/value heads, segments, threes of the group's query tiles), the longest rows first.
extern "C" __global__ void __launch_bounds__(FORWARD_THREADS, 1)
    attention_forward_wide(MATRIX(q), MATRIX(k), MATRIX(v), bf16* out, int64 outStride,
                           float* logSumExp, const int* starts, int tokens, int group, float scale,
                           int causal) {
  extern __shared__ __align__(128) char memory[];
  __shared__ __align__(8) unsigned long long barriers[2 * FORWARD_STAGES];
  __shared__ __align__(8) unsigned long long queriesThere;
  int first = starts[blockIdx.y], length = starts[blockIdx.y + 1] - first;
  int item = blockIdx.z * FORWARD_TILES, all = (length + ROWS - 1) / ROWS;
  int active = min(FORWARD_TILES, all * group - item);
  if (active <= 0) {
    return;
  }
  int kvHead = blockIdx.x, kvColumn = kvHead * HEAD_DIM;
  unsigned queries = tilesAt(memory), there = sharedAddress(&queriesThere);
  if (threadIdx.x == 0) {
    initBarrier(there, 1);
  }
  TileRing<FORWARD_STAGES, 2 * TILE_BYTES, 1> ring(queries + FORWARD_TILES * TILE_BYTES, barriers, 1,
                                                   active);
  if (warpgroup() == FORWARD_TILES) {
    FEWER_REGISTERS(32);
    if (threadIdx.x % THREADS == 0) {
      expectBytes(there, active * TILE_BYTES);
      for (int i = 0; i < active; i++) {
        Queries of(item + i, kvHead, group, all);
        fetchTile(queries + i * TILE_BYTES, READER(q), of.head * HEAD_DIM, first + of.tile * ROWS,
                  there);
      }
      int tiles = causal ? Queries(item, kvHead, group, all).tile + 1 : all;
      for (int j = 0; j < tiles; j++) {
        ring.claim(j);
        expectBytes(ring.full(j), 2 * TILE_BYTES);
        fetchTile(ring.stage(j), READER(k), kvColumn, first + j * ROWS, ring.full(j));
        fetchTile(ring.stage(j) + TILE_BYTES, READER(v), kvColumn, first + j * ROWS, ring.full(j));
      }
    }
    return;
  }
  MORE_REGISTERS(160);
  if (warpgroup() >= active) {
    return;
  }
  Queries mine(item + warpgroup(), kvHead, group, all);
  queries += warpgroup() * TILE_BYTES;
  int queryAt = mine.tile * ROWS, tiles = causal ? mine.tile + 1 : all, lane = threadIdx.x % 32;
  Softmax softmax(scale * LOG2E);
  float sum[HEAD_DIM / 8][4] = {};
  float scores[ROWS / 8][4];
  unsigned weights[ROWS / 16][4];
  waitBarrier(there, 0);
  ring.await(0);
  hold<ROWS / 8>(scores);
  startProducts();
  multiplyTiles(scores, queries, warpRow(), ring.stage(0), false);
  finishProducts();
  hold<ROWS / 8>(scores);
  for (int j = 0; j < tiles - 1; j++) {
    softmax.weigh(scores);
    softmax.shrinkSum(sum);
    packWeights(weights, scores);
    ring.await(j + 1);
    hold<HEAD_DIM / 8>(sum);
    hold<ROWS / 8>(scores);
    startProducts();
    addProduct(sum, weights, ring.stage(j) + TILE_BYTES);
    multiplyTiles(scores, queries, warpRow(), ring.stage(j + 1), false);
    finishProducts();
    hold<HEAD_DIM / 8>(sum);
    hold<ROWS / 8>(scores);
    ring.release(j);
  }
  hideScores(scores, (tiles - 1) * ROWS, queryAt + warpRow() + lane / 4, length, causal);
  softmax.addValues(scores, ring.stage(tiles - 1) + TILE_BYTES, sum);
  softmax.finish(logSumExp + (int64)mine.head * tokens + first, queryAt + warpRow(), length);
  writeRows(queries, sum, 1.f / softmax.total[0], 1.f / softmax.total[1],
            out + (first + queryAt) * outStride + mine.head * HEAD_DIM, outStride,
            length - queryAt);
}
