// Scores of keys from keyAt on that the two rows of this thread, the upper one given, must not see.
__device__ __forceinline__ void hideScores(float (*scores)[4], int keyAt, int upperRow, int length,
                                           int causal) {
#pragma unroll
  for (int i = 0; i < ROWS / 8; i++) {
#pragma unroll
    for (int e = 0; e < 4; e++) {
      int key = keyAt + i * 8 + threadIdx.x % 4 * 2 + e % 2;
      if (key >= length || (causal && key > upperRow + e / 2 * 8)) {
        scores[i][e] = -INFINITY;
      }
    }
  }
}

// How much higher, in powers of two, a score may be than what weights are relative to.
#define SLACK 8.f

// The softmax of rows that come in parts, of which each thread holds a share of two.
struct Softmax {
  float factor;
  float highest[2], total[2];
  // What must happen to what was weighed before the last scores, if anything.
  float shrink[2];
  bool shrinks;

  // factor: what scores are multiplied with, for powers of two
  __device__ __forceinline__ Softmax(float factor)
      : factor(factor), highest{-INFINITY, -INFINITY}, total{0.f, 0.f} {}

  // Turns the next scores into weights relative to the highest score so far, or to one that is lower
  // by at most SLACK: so sums seldom shrink, and a weight is at most 2^SLACK.
  __device__ __forceinline__ void weigh(float (*scores)[4]) {
    float top[2], part[2][2] = {};
#pragma unroll
    for (int half = 0; half < 2; half++) {
      float others = fmaxf(scores[1][2 * half], scores[1][2 * half + 1]);
      top[half] = fmaxf(scores[0][2 * half], scores[0][2 * half + 1]);
#pragma unroll
      for (int i = 2; i < ROWS / 8; i += 2) {
        top[half] = fmaxf(top[half], fmaxf(scores[i][2 * half], scores[i][2 * half + 1]));
        others = fmaxf(others, fmaxf(scores[i + 1][2 * half], scores[i + 1][2 * half + 1]));
      }
      top[half] = fmaxf(top[half], others);
    }
#pragma unroll
    for (int mask = 1; mask < 4; mask *= 2) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        top[half] = fmaxf(top[half], __shfl_xor_sync(0xffffffffu, top[half], mask));
      }
    }
    bool higher[2];
#pragma unroll
    for (int half = 0; half < 2; half++) {
      higher[half] = (top[half] - highest[half]) * factor > SLACK;
      top[half] = higher[half] ? top[half] : highest[half];
      shrink[half] = power2((highest[half] - top[half]) * factor);
      highest[half] = top[half];
    }
#pragma unroll
    for (int i = 0; i < ROWS / 8; i++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        scores[i][e] = power2(scores[i][e] * factor - top[e / 2] * factor);
        part[e / 2][e % 2] += scores[i][e];
      }
    }
#pragma unroll
    for (int half = 0; half < 2; half++) {
      total[half] = total[half] * shrink[half] + (part[half][0] + part[half][1]);
    }
    shrinks = __any_sync(0xffffffffu, higher[0] || higher[1]);
  }

  // Makes what was weighed before relative to the same score as the last weights.
  __device__ __forceinline__ void shrinkSum(float (*sum)[4]) const {
    if (shrinks) {
#pragma unroll
      for (int i = 0; i < HEAD_DIM / 8; i++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          sum[i][e] *= shrink[e / 2];
        }
      }
    }
  }

  // Adds so much of a tile of values as its scores say; they become weights.
  __device__ __forceinline__ void addValues(float (*scores)[4], unsigned values, float (*sum)[4]) {
    weigh(scores);
    shrinkSum(sum);
    unsigned weights[ROWS / 16][4];
    packWeights(weights, scores);
    hold<HEAD_DIM / 8>(sum);
    startProducts();
    addProduct(sum, weights, values);
    finishProducts();
    hold<HEAD_DIM / 8>(sum);
  }

  // Adds the shares of a row up, and sets the logarithms of the sums of the warp's rows from this one.
  __device__ __forceinline__ void finish(float* logSumExp, int warpsRow, int length) {
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int half = 0; half < 2; half++) {
      total[half] += __shfl_xor_sync(0xffffffffu, total[half], 1);
      total[half] += __shfl_xor_sync(0xffffffffu, total[half], 2);
      int row = warpsRow + lane / 4 + half * 8;
      if (lane % 4 == 0 && row < length) {
        logSumExp[row] = __fmaf_rn(highest[half], factor, log2f(total[half])) / LOG2E;
      }
    }
  }
};

// Blockwise attention, Dao 2023, arXiv:2307.08691: a block holds 64 queries and walks over tiles of
// 64 keys; a warp holds 16 of the queries. The next tile's scores are multiplied while this tile's are
// turned into weights (Shah et al. 2024, arXiv:2407.08608); keys are fetched two tiles ahead, values
// one. Grid (heads, segments, query tiles), the longest rows first.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
    attention_forward(MATRIX(q), MATRIX(k), MATRIX(v), bf16* out, int64 outStride, float* logSumExp,
                      const int* starts, int tokens, int group, float scale, int causal) {
  extern __shared__ __align__(128) char memory[];
  __shared__ __align__(8) unsigned long long barriers[GROUPS];
  int first = starts[blockIdx.y], length = starts[blockIdx.y + 1] - first;
  int tile = gridDim.z - 1 - blockIdx.z;
  int queryAt = tile * ROWS;
  if (queryAt >= length) {
    return;
  }
  int head = blockIdx.x, lane = threadIdx.x % 32;
  unsigned queries = tilesAt(memory), keys = queries + TILE_BYTES;
  unsigned values = keys + 2 * TILE_BYTES;
  int column = head * HEAD_DIM, kvColumn = head / group * HEAD_DIM;
  int tiles = causal ? tile + 1 : (length + ROWS - 1) / ROWS;

  Loads loads(barriers);
  loads.start(queries, READER(q), column, first + queryAt, length - queryAt);
  loads.start(keys, READER(k), kvColumn, first, length);
  loads.commit();
  if (tiles > 1) {
    loads.start(keys + TILE_BYTES, READER(k), kvColumn, first + ROWS, length - ROWS);
  }
  loads.start(values, READER(v), kvColumn, first, length);
  loads.commit();

  float sum[HEAD_DIM / 8][4] = {};
  Softmax softmax(scale * LOG2E);
  float scores[ROWS / 8][4], next[ROWS / 8][4];
  loads.await<1>();
  __syncthreads();
  startProducts();
  multiplyTiles(scores, queries, warpRow(), keys, false);
  finishProducts();
  hold<ROWS / 8>(scores);
  for (int j = 0; j < tiles; j++) {
    loads.await<0>();
    __syncthreads();
    if (j + 2 < tiles) {
      loads.start(keys + j % 2 * TILE_BYTES, READER(k), kvColumn, first + (j + 2) * ROWS,
                  length - (j + 2) * ROWS);
    }
    if (j + 1 < tiles) {
      loads.start(values + (j + 1) % 2 * TILE_BYTES, READER(v), kvColumn, first + (j + 1) * ROWS,
                  length - (j + 1) * ROWS);
    }
    loads.commit();
    if (j + 1 < tiles) {
      hold<ROWS / 8>(next);
      startProducts();
      multiplyTiles(next, queries, warpRow(), keys + (j + 1) % 2 * TILE_BYTES, false);
      commitProducts();
    }
    if (j == tiles - 1) {
      hideScores(scores, j * ROWS, queryAt + warpRow() + lane / 4, length, causal);
    }
    softmax.addValues(scores, values + j % 2 * TILE_BYTES, sum);
    hold<ROWS / 8>(next);
#pragma unroll
    for (int i = 0; i < ROWS / 8; i++) {
#pragma unroll
      for (int e = 0; e < 4; e++) {
        scores[i][e] = next[i][e];
      }
    }
  }
  softmax.finish(logSumExp + (int64)head * tokens + first, queryAt + warpRow(), length);
  writeRows(queries, sum, 1.f / softmax.total[0], 1.f / softmax.total[1],
            out + (first + queryAt) * outStride + head * HEAD_DIM, outStride, length - queryAt);
}
