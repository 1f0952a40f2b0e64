// Backward of blockwise attention in two kernels that need no atomic additions, so that the same
// inputs give the same bytes: one walks over keys for each tile of queries, one over queries for each
// tile of keys. Both make the weights again from logSumExp. Gradients of queries and keys that were
// rotated can be rotated back on their way out.

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

// The sum of the products of two rows of a head, of which each of four neighbouring lanes reads its
// share.
__device__ __forceinline__ float rowProduct(const bf16* a, const bf16* b) {
  int lane = threadIdx.x % 4;
  float sum = 0.f;
#pragma unroll
  for (int i = 0; i < CHUNKS / 4; i++) {
    float left[8], right[8];
    load<8>(a + (i * 4 + lane) * 8, left);
    load<8>(b + (i * 4 + lane) * 8, right);
#pragma unroll
    for (int j = 0; j < 8; j++) {
      sum += left[j] * right[j];
    }
  }
  sum += __shfl_xor_sync(0xffffffffu, sum, 1);
  return sum + __shfl_xor_sync(0xffffffffu, sum, 2);
}

// Grid (heads, segments, query tiles), the longest rows first. Sets delta too, the sums of dOut out.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
    attention_dq(MATRIX(q), MATRIX(k), MATRIX(v), MATRIX(dOut), const float* logSumExp,
                 float* delta, const float* table, const int* positions, const bf16* gradientRows,
                 int64 gradientStride, const bf16* outRows, int64 outStride, bf16* dq,
                 int64 dqStride, const int* starts, int tokens, int group, float scale,
                 int causal) {
  extern __shared__ __align__(128) char memory[];
  __shared__ __align__(8) unsigned long long barriers[2];
  int first = starts[blockIdx.y], length = starts[blockIdx.y + 1] - first;
  int tile = gridDim.z - 1 - blockIdx.z;
  int queryAt = tile * ROWS;
  if (queryAt >= length) {
    return;
  }
  int head = blockIdx.x, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  unsigned queries = tilesAt(memory), gradients = queries + TILE_BYTES;
  unsigned buffers = gradients + TILE_BYTES;
  int column = head * HEAD_DIM, kvColumn = head / group * HEAD_DIM;
  int tiles = causal ? tile + 1 : (length + ROWS - 1) / ROWS;
  float factor = scale * LOG2E;

  Loads loads(barriers);
  loads.start(queries, READER(q), column, first + queryAt, length - queryAt);
  loads.start(gradients, READER(dOut), column, first + queryAt, length - queryAt);
  loads.start(buffers, READER(k), kvColumn, first, length);
  loads.start(buffers + TILE_BYTES, READER(v), kvColumn, first, length);
  loads.commit();

  float logSum[2], shift[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    int row = queryAt + warp * 16 + lane / 4 + half * 8;
    int64 at = (int64)head * tokens + first + row;
    logSum[half] = row < length ? logSumExp[at] * LOG2E : INFINITY;
    int64 token = first + min(row, length - 1);
    shift[half] = rowProduct(gradientRows + token * gradientStride + column,
                             outRows + token * outStride + column);
    if (row < length && lane % 4 == 0) {
      delta[at] = shift[half];
    }
  }
  float sum[HEAD_DIM / 8][4] = {};
  Left query, gradient;
  for (int j = 0; j < tiles; j++) {
    unsigned keys = buffers + j % 2 * 2 * TILE_BYTES, values = keys + TILE_BYTES;
    if (j + 1 < tiles) {
      unsigned next = buffers + (j + 1) % 2 * 2 * TILE_BYTES;
      int at = (j + 1) * ROWS;
      loads.start(next, READER(k), kvColumn, first + at, length - at);
      loads.start(next + TILE_BYTES, READER(v), kvColumn, first + at, length - at);
    }
    loads.commit();
    loads.await<1>();
    __syncthreads();
    if (j == 0) {
      query.read(queries);
      gradient.read(gradients);
    }
    float scores[ROWS / 8][4], weights[ROWS / 8][4];
    startProducts();
    multiplyTiles(scores, query, keys);
    multiplyTiles(weights, gradient, values);
    finishProducts();
    hold<ROWS / 8>(scores);
    hold<ROWS / 8>(weights);
#pragma unroll
    for (int i = 0; i < ROWS / 8; i++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        float weight = power2(scores[i][e] * factor - logSum[e / 2]);
        if (j == tiles - 1) {
          int key = j * ROWS + i * 8 + lane % 4 * 2 + e % 2;
          int row = queryAt + warp * 16 + lane / 4 + e / 2 * 8;
          weight = key >= length || (causal && key > row) ? 0.f : weight;
        }
        weights[i][e] = weight * (weights[i][e] - shift[e / 2]);
      }
    }
    unsigned packed[ROWS / 16][4];
    packWeights(packed, weights);
    hold<HEAD_DIM / 8>(sum);
    startProducts();
    addProduct(sum, packed, keys);
    finishProducts();
    hold<HEAD_DIM / 8>(sum);
    __syncthreads();
  }
  rotateBack(sum, Rotation{table, positions}, first + queryAt + warp * 16, first + length - 1);
  writeRows(queries, sum, scale, scale, dq + (first + queryAt) * dqStride + head * HEAD_DIM,
            dqStride, length - queryAt);
}

// Grid (key/value heads, segments, key tiles); the query heads of a group are added up in order.
extern "C" __global__ void __launch_bounds__(THREADS, HEAD_DIM > 64 ? 2 : 3)
    attention_dkv(MATRIX(q), MATRIX(k), MATRIX(v), MATRIX(dOut), const float* logSumExp,
                  const float* delta, const float* table, const int* positions, bf16* dk,
                  int64 dkStride, bf16* dv, int64 dvStride, const int* starts, int tokens,
                  int group, float scale, int causal) {
  extern __shared__ __align__(128) char memory[];
  __shared__ __align__(8) unsigned long long barriers[2];
  __shared__ float2 logSums[2][ROWS / 2], shifts[2][ROWS / 2];
  int first = starts[blockIdx.y], length = starts[blockIdx.y + 1] - first;
  int keyAt = blockIdx.z * ROWS;
  if (keyAt >= length) {
    return;
  }
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  unsigned keys = tilesAt(memory), values = keys + TILE_BYTES;
  unsigned buffers = values + TILE_BYTES;
  int column = blockIdx.x * HEAD_DIM;
  int firstTile = causal ? blockIdx.z : 0;
  int tiles = (length + ROWS - 1) / ROWS - firstTile;
  float factor = scale * LOG2E;

  Loads loads(barriers);
  auto start = [&](int step) {
    int head = blockIdx.x * group + step / tiles;
    int at = (firstTile + step % tiles) * ROWS;
    unsigned buffer = buffers + step % 2 * 2 * TILE_BYTES;
    loads.start(buffer, READER(q), head * HEAD_DIM, first + at, length - at);
    loads.start(buffer + TILE_BYTES, READER(dOut), head * HEAD_DIM, first + at, length - at);
    if (threadIdx.x < ROWS) {
      int row = at + threadIdx.x;
      int64 from = (int64)head * tokens + first + row;
      ((float*)logSums[step % 2])[threadIdx.x] = row < length ? logSumExp[from] * LOG2E : INFINITY;
      ((float*)shifts[step % 2])[threadIdx.x] = row < length ? delta[from] : 0.f;
    }
  };

  loads.start(keys, READER(k), column, first + keyAt, length - keyAt);
  loads.start(values, READER(v), column, first + keyAt, length - keyAt);
  start(0);
  loads.commit();

  float dKey[HEAD_DIM / 8][4] = {}, dValue[HEAD_DIM / 8][4] = {};
  int steps = tiles * group;
  for (int step = 0; step < steps; step++) {
    unsigned queries = buffers + step % 2 * 2 * TILE_BYTES, gradients = queries + TILE_BYTES;
    if (step + 1 < steps) {
      start(step + 1);
    }
    loads.commit();
    loads.await<1>();
    __syncthreads();
    float weights[ROWS / 8][4], scores[ROWS / 8][4];
    startProducts();
    multiplyTiles(weights, keys, warp * 16, queries);
    multiplyTiles(scores, values, warp * 16, gradients);
    finishProducts();
    hold<ROWS / 8>(weights);
    hold<ROWS / 8>(scores);
    bool diagonal = causal && step % tiles == 0;
#pragma unroll
    for (int i = 0; i < ROWS / 8; i++) {
      float2 logSum = logSums[step % 2][i * 4 + lane % 4];
      float2 shift = shifts[step % 2][i * 4 + lane % 4];
#pragma unroll
      for (int e = 0; e < 4; e++) {
        int query = i * 8 + lane % 4 * 2 + e % 2;
        float weight = power2(weights[i][e] * factor - (e % 2 ? logSum.y : logSum.x));
        bool hidden = diagonal && warp * 16 + lane / 4 + e / 2 * 8 > query;
        weights[i][e] = hidden ? 0.f : weight;
        scores[i][e] = weights[i][e] * (scores[i][e] - (e % 2 ? shift.y : shift.x));
      }
    }
    unsigned packed[2][ROWS / 16][4];
    packWeights(packed[0], weights);
    packWeights(packed[1], scores);
    hold<HEAD_DIM / 8>(dValue);
    hold<HEAD_DIM / 8>(dKey);
    startProducts();
    addProduct(dValue, packed[0], gradients);
    addProduct(dKey, packed[1], queries);
    finishProducts();
    hold<HEAD_DIM / 8>(dValue);
    hold<HEAD_DIM / 8>(dKey);
    __syncthreads();
  }
  rotateBack(dKey, Rotation{table, positions}, first + keyAt + warp * 16, first + length - 1);
  writeRows(keys, dKey, scale, scale, dk + (first + keyAt) * dkStride + column, dkStride,
            length - keyAt);
  writeRows(values, dValue, 1.f, 1.f, dv + (first + keyAt) * dvStride + column, dvStride,
            length - keyAt);
}
