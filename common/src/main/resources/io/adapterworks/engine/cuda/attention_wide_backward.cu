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
  __shared__ float4 sums[KEY_STAGES][ROWS / 2];
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
  TileRing<KEY_STAGES, 2 * TILE_BYTES, 32> ring(keys + 2 * KEY_TILES * TILE_BYTES, barriers, 1 + ROWS,
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
            setSums(sums[step % KEY_STAGES], thread % ROWS, logSumExp, delta, from,
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
  KeyGradients sum;
  waitBarrier(there, 0);
  // Tiles of a head's queries that see none of these keys, though another warpgroup's.
  int blind = causal ? mine - firstTile : 0;
  int step = -1, head = kvHead * group, queryTile = all;
  // Goes on to the next step that sees some, once its tiles are there.
  auto advance = [&]() {
    step++;
    if (++queryTile >= all) {
      queryTile = firstTile + blind;
      ring.skip(step, step + blind);
    }
    ring.await(step);
    sum.begin(sums[step % KEY_STAGES]);
  };
  advance();
  for (int left = (all - firstTile - blind) * group; left > 0; left--) {
    unsigned queries = ring.stage(step);
    int now = step;
    sum.weigh(keys, queries, scale * LOG2E, Hidden(keyAt, queryTile * ROWS, length, causal));
    sum.add(queries, scoreGradients.at(head, blockIdx.y, first, queryTile, mine));
    if (left > 1) {
      head += queryTile + 1 == all;
      advance();
    }
    sum.finish();
    ring.release(now);
  }
  rotateBack(sum.ofKeys, Rotation{table, positions}, first + keyAt + warpRow(), first + length - 1);
  writeRows(keys, sum.ofKeys, scale, scale, dk + (first + keyAt) * dkStride + column, dkStride,
            length - keyAt);
  writeRows(keys + TILE_BYTES, sum.ofValues, 1.f, 1.f, dv + (first + keyAt) * dvStride + column, dvStride,
            length - keyAt);
}
