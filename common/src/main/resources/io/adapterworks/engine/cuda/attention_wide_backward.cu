// What attention_dkv does, by blocks like those of attention_wide.cu.

#define KEY_TILES 2
#define KEY_THREADS ((KEY_TILES + 1) * THREADS)
#define KEY_STAGES 4

// Grid (key/value heads, segments, pairs of key tiles); the query heads of a group are added up in
// order. Leaves the scores' gradients of the query heads from firstHead on.
extern "C" __global__ void __launch_bounds__(KEY_THREADS, 1)
    attention_dkv_wide(MATRIX(q), MATRIX(k), MATRIX(v), MATRIX(dOut), const float* logSumExp,
                       const float* delta, const float* table, const int* positions, bf16* dk,
                       int64 dkStride, bf16* dv, int64 dvStride, uint4* scoreTiles,
                       int64 headTiles, int firstHead, int mostTiles, const int* starts, int tokens,
                       int group, float scale, int causal) {
  extern __shared__ __align__(128) char memory[];
  __shared__ __align__(8) unsigned long long barriers[2 * KEY_STAGES];
  __shared__ __align__(8) unsigned long long keysThere;
  __shared__ float2 sums[KEY_STAGES][2][ROWS / 2];
  int first = starts[blockIdx.y], length = starts[blockIdx.y + 1] - first;
  int tile = blockIdx.z * KEY_TILES, all = (length + ROWS - 1) / ROWS;
  if (tile >= all) {
    return;
  }
  int kvHead = firstHead / group + blockIdx.x, column = kvHead * HEAD_DIM;
  int active = min(KEY_TILES, all - tile), firstTile = causal ? tile : 0;
  unsigned keys = tilesAt(memory), there = sharedAddress(&keysThere);
  if (threadIdx.x == 0) {
    initBarrier(there, 1);
  }
  TileRing<KEY_STAGES, 2 * TILE_BYTES> ring(keys + 2 * KEY_TILES * TILE_BYTES, barriers, 1 + ROWS,
                                            active);
  if (warpgroup() == KEY_TILES) {
    FEWER_REGISTERS(24);
    int thread = threadIdx.x % THREADS;
    if (thread == 0) {
      expectBytes(there, 2 * active * TILE_BYTES);
      for (int i = 0; i < active; i++) {
        int row = first + (tile + i) * ROWS;
        fetchTile(keys + 2 * i * TILE_BYTES, READER(k), column, row, there);
        fetchTile(keys + (2 * i + 1) * TILE_BYTES, READER(v), column, row, there);
      }
    }
    if (thread == 0 || thread >= THREADS - ROWS) {
      int step = 0;
      for (int head = kvHead * group; head < (kvHead + 1) * group; head++) {
        for (int t = firstTile; t < all; t++, step++) {
          ring.claim(step);
          if (thread == 0) {
            unsigned stage = ring.stage(step), full = ring.full(step);
            expectBytes(full, 2 * TILE_BYTES);
            fetchTile(stage, READER(q), head * HEAD_DIM, first + t * ROWS, full);
            fetchTile(stage + TILE_BYTES, READER(dOut), head * HEAD_DIM, first + t * ROWS, full);
          } else {
            int row = t * ROWS + thread % ROWS;
            int64 from = (int64)head * tokens + first + row;
            setSums((float*)sums[step % KEY_STAGES] + thread % ROWS, logSumExp, delta, from,
                    row < length);
            arriveAt(ring.full(step));
          }
        }
      }
    }
    return;
  }
  MORE_REGISTERS(240);
  int mine = tile + warpgroup(), keyAt = mine * ROWS;
  if (mine >= all) {
    return;
  }
  keys += 2 * warpgroup() * TILE_BYTES;
  Scores scoreGradients = {scoreTiles, headTiles, firstHead, mostTiles, causal};
  float factor = scale * LOG2E;
  KeyGradients sum;
  waitBarrier(there, 0);
  int tiles = all - firstTile;
  for (int step = 0; step < tiles * group; step++) {
    int head = kvHead * group + step / tiles, queryTile = firstTile + step % tiles;
    ring.await(step);
    if (causal && queryTile < mine) {
      ring.release(step);
      continue;
    }
    sum.add(keys, ring.stage(step), sums[step % KEY_STAGES], factor,
            Hidden(keyAt, queryTile * ROWS, length, causal),
            scoreGradients.at(head, blockIdx.y, first, queryTile, mine));
    ring.release(step);
  }
  rotateBack(sum.ofKeys, Rotation{table, positions}, first + keyAt + warpRow(), first + length - 1);
  writeRows(keys, sum.ofKeys, scale, scale, dk + (first + keyAt) * dkStride + column, dkStride,
            length - keyAt);
  writeRows(keys + TILE_BYTES, sum.ofValues, 1.f, 1.f, dv + (first + keyAt) * dvStride + column, dvStride,
            length - keyAt);
}
