// Backward of blockwise attention in two kernels that need no atomic additions, so that the same
// inputs give the same bytes: one walks over queries for each tile of keys, makes the weights again
// from logSumExp and leaves the gradients of the scores; the other multiplies these with the keys, for
// each tile of queries. Gradients of queries and keys that were rotated can be rotated back on their
// way out.

// How far tokens were rotated: the table's rows are cosines, then sines; null where they were not.
struct Rotation {
  const float* table;
  const int* positions;
};

// Rotates the warp's 16 rows back, of which the upper half begins at this token.
__device__ __forceinline__ void rotateBack(float (*sum)[4], Rotation by, int token, int last) {
  if (by.table == 0) {
    return;
  }
  int lane = threadIdx.x % 32;
#pragma unroll
  for (int half = 0; half < 2; half++) {
    int position = by.positions[min(token + lane / 4 + half * 8, last)];
    const float* angles = by.table + (int64)position * HEAD_DIM + lane % 4 * 2;
#pragma unroll
    for (int i = 0; i < HEAD_DIM / 16; i++) {
      float2 cosine = *(const float2*)(angles + i * 8);
      float2 sine = *(const float2*)(angles + HEAD_DIM / 2 + i * 8);
#pragma unroll
      for (int e = 0; e < 2; e++) {
        float& a = sum[i][2 * half + e];
        float& b = sum[i + HEAD_DIM / 16][2 * half + e];
        float c = e ? cosine.y : cosine.x, s = e ? sine.y : sine.x, first = a;
        a = first * c + b * s;
        b = b * c - first * s;
      }
    }
  }
}

// Gradients of the scores, in tiles of 64 queries and 64 keys, each as the left operand's fragments
// of a product with the keys.
#define SCORE_BYTES (ROWS * ROWS * 2)
#define SCORE_VECTORS (SCORE_BYTES / 16)

// Where they lie: tiles of one head after another's, of which the first is this one.
struct Scores {
  uint4* tiles;
  int64 headTiles;
  int firstHead, mostTiles, causal;

  // A tile of a head, of the sequence with this number and first token. For each tile of its queries
  // a sequence takes the room that one of the longest sequence takes on average, so that nobody needs
  // to know how long the others are.
  __device__ __forceinline__ uint4* at(int head, int segment, int first, int queryTile,
                                       int keyTile) const {
    int64 before = first / ROWS + segment;
    int64 tile = causal ? before * (mostTiles + 1) / 2 + queryTile * (queryTile + 1) / 2 + keyTile
                        : (before + queryTile) * mostTiles + keyTile;
    return tiles + ((head - firstHead) * headTiles + tile) * SCORE_VECTORS;
  }
};

// Leaves a tile that the block holds transposed, 16 keys a warp.
__device__ __forceinline__ void leaveScores(uint4* tile, const unsigned (*turnedScores)[4]) {
  uint4* to = tile + threadIdx.x % THREADS;
#pragma unroll
  for (int i = 0; i < ROWS / 16; i++) {
    const unsigned* from = turnedScores[i];
    to[i * THREADS] = make_uint4(turned(from[0]), turned(from[2]), turned(from[1]), turned(from[3]));
  }
}

// The warp's 16 queries of a tile in shared memory.
__device__ __forceinline__ void readScores(unsigned (*to)[4], unsigned tile) {
  int lane = threadIdx.x % 32;
#pragma unroll
  for (int i = 0; i < ROWS / 16; i++) {
    asm volatile("ld.shared.v4.b32 {%0,%1,%2,%3}, [%4];"
                 : "=r"(to[i][0]), "=r"(to[i][1]), "=r"(to[i][2]), "=r"(to[i][3])
                 : "r"(tile + (warpRow() * (ROWS / 8) + i * 32 + lane) * 16));
  }
}

// Which keys of a tile the queries of another must not see: this thread's upper key, the sequence's
// length and the first query, all counted from the sequence's start.
struct Hidden {
  bool some;
  int upperKey, length, firstQuery;

  __device__ __forceinline__ Hidden(int keyAt, int queryAt, int length, int causal)
      : some(keyAt + ROWS > length || (causal && queryAt < keyAt + ROWS)),
        upperKey(keyAt + warpRow() + threadIdx.x % 32 / 4),
        length(length),
        firstQuery(causal ? queryAt : length) {}
};

// What the tensor cores add up for a tile of keys, from tiles of queries, in steps. Scores and weights
// are (64 keys, 64 queries) here.
struct KeyGradients {
  float ofKeys[HEAD_DIM / 8][4] = {}, ofValues[HEAD_DIM / 8][4] = {};
  float4 sums[ROWS / 8];
  unsigned packed[2][ROWS / 16][4];

  // Reads what is known of the next queries, see setSums: early, for while products run shared memory
  // is slow to answer.
  __device__ __forceinline__ void begin(const float4* from) {
#pragma unroll
    for (int i = 0; i < ROWS / 8; i++) {
      sums[i] = from[i * 4 + threadIdx.x % 4];
    }
  }

  // Multiplies tiles of keys, and of their values behind them, with tiles of queries, and of the
  // gradients of what came out for these behind them, and makes weights of it and the gradients of the
  // scores. Scores times the factor are logarithms to the base of two. Where some keys must be hidden,
  // those from "length" on are, and those after their query.
  __device__ __forceinline__ void weigh(unsigned keys, unsigned queries, float factor,
                                        Hidden hidden) {
    float weights[ROWS / 8][4], scores[ROWS / 8][4];
#pragma unroll
    for (int i = 0; i < ROWS / 8; i++) {
      scores[i][0] = scores[i][2] = sums[i].z, scores[i][1] = scores[i][3] = sums[i].w;
    }
    hold<ROWS / 8>(weights);
    hold<ROWS / 8>(scores);
    startProducts();
    multiplyTiles(weights, keys, warpRow(), queries, false);
    commitProducts();
    multiplyTiles(scores, keys + TILE_BYTES, warpRow(), queries + TILE_BYTES, true);
    commitProducts();
    awaitProducts<1>();
    hold<ROWS / 8>(weights);
#pragma unroll
    for (int i = 0; i < ROWS / 8; i++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        weights[i][e] = power2(weights[i][e] * factor - (e % 2 ? sums[i].y : sums[i].x));
      }
    }
    if (hidden.some) {
#pragma unroll
      for (int i = 0; i < ROWS / 8; i++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          int key = hidden.upperKey + e / 2 * 8;
          int query = hidden.firstQuery + i * 8 + threadIdx.x % 4 * 2 + e % 2;
          weights[i][e] = key >= hidden.length || key > query ? 0.f : weights[i][e];
        }
      }
    }
    awaitProducts<0>();
    hold<ROWS / 8>(scores);
#pragma unroll
    for (int i = 0; i < ROWS / 8; i++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        scores[i][e] *= weights[i][e];
      }
    }
    packWeights(packed[0], weights);
    packWeights(packed[1], scores);
  }

  // Starts adding up what they give with the same tiles of queries, and leaves the gradients of the
  // scores.
  __device__ __forceinline__ void add(unsigned queries, uint4* scoreTile) {
    hold<HEAD_DIM / 8>(ofValues);
    hold<HEAD_DIM / 8>(ofKeys);
    startProducts();
    addProduct(ofValues, packed[0], queries + TILE_BYTES);
    addProduct(ofKeys, packed[1], queries);
    commitProducts();
    leaveScores(scoreTile, packed[1]);
  }

  __device__ __forceinline__ void finish() {
    finishProducts();
    hold<HEAD_DIM / 8>(ofValues);
    hold<HEAD_DIM / 8>(ofKeys);
  }
};

// Sets what is known of a query, in fours of two: logSumExp for powers of two, of which weights are
// made again, and delta, negative, which makes gradients of the scores of those of the weights.
__device__ __forceinline__ void setSums(float4* sums, int query, const float* logSumExp,
                                        const float* delta, int64 from, bool there) {
  float* to = (float*)sums + query / 2 * 4 + query % 2;
  to[0] = there ? logSumExp[from] * LOG2E : INFINITY;
  to[2] = there ? -delta[from] : 0.f;
}

// Grid (key/value heads, segments, key tiles); the query heads of a group are added up in order.
// Leaves the scores' gradients of the query heads from firstHead on.
extern "C" __global__ void __launch_bounds__(THREADS, HEAD_DIM > 64 ? 2 : 3)
    attention_dkv(MATRIX(q), MATRIX(k), MATRIX(v), MATRIX(dOut), const float* logSumExp,
                  const float* delta, const float* table, const int* positions, bf16* dk,
                  int64 dkStride, bf16* dv, int64 dvStride, uint4* scoreTiles, int64 headTiles,
                  int firstHead, int mostTiles, const int* starts, int tokens, int group,
                  float scale, int causal) {
  extern __shared__ __align__(128) char memory[];
  __shared__ __align__(8) unsigned long long barriers[GROUPS];
  __shared__ float4 sums[2][ROWS / 2];
  int first = starts[blockIdx.y], length = starts[blockIdx.y + 1] - first;
  int keyAt = blockIdx.z * ROWS;
  if (keyAt >= length) {
    return;
  }
  unsigned keys = tilesAt(memory), values = keys + TILE_BYTES;
  unsigned buffers = values + TILE_BYTES;
  int kvHead = firstHead / group + blockIdx.x, column = kvHead * HEAD_DIM;
  Scores scoreGradients = {scoreTiles, headTiles, firstHead, mostTiles, causal};
  int firstTile = causal ? blockIdx.z : 0;
  int tiles = (length + ROWS - 1) / ROWS - firstTile;

  Loads loads(barriers);
  auto start = [&](int step) {
    int head = kvHead * group + step / tiles;
    int at = (firstTile + step % tiles) * ROWS;
    unsigned buffer = buffers + step % 2 * 2 * TILE_BYTES;
    loads.start(buffer, READER(q), head * HEAD_DIM, first + at, length - at);
    loads.start(buffer + TILE_BYTES, READER(dOut), head * HEAD_DIM, first + at, length - at);
    if (threadIdx.x < ROWS) {
      int row = at + threadIdx.x;
      int64 from = (int64)head * tokens + first + row;
      setSums(sums[step % 2], threadIdx.x, logSumExp, delta, from, row < length);
    }
  };

  loads.start(keys, READER(k), column, first + keyAt, length - keyAt);
  loads.start(values, READER(v), column, first + keyAt, length - keyAt);
  start(0);
  loads.commit();

  KeyGradients sum;
  int steps = tiles * group;
  for (int step = 0; step < steps; step++) {
    if (step + 1 < steps) {
      start(step + 1);
    }
    loads.commit();
    loads.await<1>();
    __syncthreads();
    int head = kvHead * group + step / tiles, queryTile = firstTile + step % tiles;
    unsigned queries = buffers + step % 2 * 2 * TILE_BYTES;
    sum.begin(sums[step % 2]);
    sum.weigh(keys, queries, scale * LOG2E, Hidden(keyAt, queryTile * ROWS, length, causal));
    sum.add(queries, scoreGradients.at(head, blockIdx.y, first, queryTile, blockIdx.z));
    sum.finish();
    __syncthreads();
  }
  rotateBack(sum.ofKeys, Rotation{table, positions}, first + keyAt + warpRow(), first + length - 1);
  writeRows(keys, sum.ofKeys, scale, scale, dk + (first + keyAt) * dkStride + column, dkStride,
            length - keyAt);
  writeRows(values, sum.ofValues, 1.f, 1.f, dv + (first + keyAt) * dvStride + column, dvStride,
            length - keyAt);
}

// Query tiles of a block of the kernel of queries' gradients, and its buffers: each for a tile of keys
// and as many of scores as the block has tiles.
#define PAIR 2
#define QUERY_STAGES 3
#define QUERY_STAGE_BYTES (TILE_BYTES + PAIR * SCORE_BYTES)

// Grid (query heads from firstHead on, segments, pairs of query tiles), the longest rows first.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
    attention_dq(MATRIX(k), uint4* scoreTiles, int64 headTiles, int firstHead, int mostTiles,
                 const float* table, const int* positions, bf16* dq, int64 dqStride,
                 const int* starts, int tokens, int group, float scale, int causal) {
  extern __shared__ __align__(128) char memory[];
  __shared__ __align__(8) unsigned long long barriers[GROUPS];
  int first = starts[blockIdx.y], length = starts[blockIdx.y + 1] - first;
  int tile = (gridDim.z - 1 - blockIdx.z) * PAIR;
  if (tile * ROWS >= length) {
    return;
  }
  int head = firstHead + blockIdx.x;
  int kvColumn = head / group * HEAD_DIM, all = (length + ROWS - 1) / ROWS;
  Scores scoreGradients = {scoreTiles, headTiles, firstHead, mostTiles, causal};
  unsigned buffers = tilesAt(memory);
  // Key tiles that the queries of each tile see.
  int seen[PAIR];
#pragma unroll
  for (int p = 0; p < PAIR; p++) {
    seen[p] = tile + p >= all ? 0 : causal ? tile + p + 1 : all;
  }
  int tiles = max(seen[0], seen[PAIR - 1]);

  Loads loads(barriers);
  auto start = [&](int j) {
    if (j < tiles) {
      unsigned buffer = buffers + j % QUERY_STAGES * QUERY_STAGE_BYTES;
      loads.start(buffer, READER(k), kvColumn, first + j * ROWS, length - j * ROWS);
#pragma unroll
      for (int p = 0; p < PAIR; p++) {
        if (j < seen[p]) {
          loads.startBytes<SCORE_BYTES>(
              buffer + TILE_BYTES + p * SCORE_BYTES,
              scoreGradients.at(head, blockIdx.y, first, tile + p, j));
        }
      }
    }
    loads.commit();
  };
#pragma unroll
  for (int j = 0; j < QUERY_STAGES - 1; j++) {
    start(j);
  }

  float sum[PAIR][HEAD_DIM / 8][4] = {};
  for (int j = 0; j < tiles; j++) {
    unsigned keys = buffers + j % QUERY_STAGES * QUERY_STAGE_BYTES;
    loads.await<QUERY_STAGES - 2>();
    __syncthreads();
    start(j + QUERY_STAGES - 1);
    unsigned scores[PAIR][ROWS / 16][4];
#pragma unroll
    for (int p = 0; p < PAIR; p++) {
      if (j < seen[p]) {
        readScores(scores[p], keys + TILE_BYTES + p * SCORE_BYTES);
      }
    }
    startProducts();
#pragma unroll
    for (int p = 0; p < PAIR; p++) {
      hold<HEAD_DIM / 8>(sum[p]);
      if (j < seen[p]) {
        addProduct(sum[p], scores[p], keys);
      }
    }
    finishProducts();
#pragma unroll
    for (int p = 0; p < PAIR; p++) {
      hold<HEAD_DIM / 8>(sum[p]);
    }
  }
  __syncthreads();
#pragma unroll
  for (int p = 0; p < PAIR; p++) {
    int queryAt = (tile + p) * ROWS;
    if (queryAt < length) {
      rotateBack(sum[p], Rotation{table, positions}, first + queryAt + warpRow(),
                 first + length - 1);
      writeRows(buffers + p * TILE_BYTES, sum[p], scale, scale,
                dq + (first + queryAt) * dqStride + head * HEAD_DIM, dqStride, length - queryAt);
    }
  }
}
