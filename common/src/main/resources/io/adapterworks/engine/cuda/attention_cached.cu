// Attention of one new token of each sequence over keys and values in the cache: sequences lie one
// after the other, each with room for capacity tokens. places holds sequence * capacity + position.

#define CACHED_WARPS 4

// Whole blocks to each row.
extern "C" __global__ void cache_store(const T* k, int64 kStride, const T* v, int64 vStride,
                                       const int* places, T* keys, T* values, int width) {
  unsigned blocks = (width + blockDim.x - 1) / blockDim.x;
  int64 row = blockIdx.x / blocks;
  int column = blockIdx.x % blocks * blockDim.x + threadIdx.x;
  if (column < width) {
    int64 to = (int64)places[row] * width + column;
    keys[to] = k[row * kStride + column];
    values[to] = v[row * vStride + column];
  }
}

// Grid (heads, sequences). Each warp takes every fourth key; what they found is put together in order.
extern "C" __global__ void __launch_bounds__(32 * CACHED_WARPS)
    attention_cached(const T* q, int64 qStride, const T* keys, const T* values, const int* places,
                     T* out, int64 outStride, int capacity, int width, int group, int headDim,
                     float scale) {
  __shared__ float highests[CACHED_WARPS], totals[CACHED_WARPS];
  __shared__ float sums[CACHED_WARPS][32 * LANES];
  int place = places[blockIdx.y], warp = threadIdx.x / 32;
  int tokens = place % capacity + 1;
  int64 first = (int64)(place - place % capacity) * width + blockIdx.x / group * headDim;
  Row query = readRow(q + blockIdx.y * qStride + blockIdx.x * headDim, headDim);
  Row sum = {};
  float highest = -INFINITY, total = 0.f;
  for (int m = warp; m < tokens; m += CACHED_WARPS) {
    float score = scale * dot(query, readRow(keys + first + (int64)m * width, headDim));
    float top = fmaxf(highest, score);
    float shrink = expf(highest - top), weight = expf(score - top);
    Row value = readRow(values + first + (int64)m * width, headDim);
#pragma unroll
    for (int i = 0; i < LANES; i++) {
      sum.v[i] = sum.v[i] * shrink + weight * value.v[i];
    }
    total = total * shrink + weight;
    highest = top;
  }
  highests[warp] = highest;
  totals[warp] = total;
#pragma unroll
  for (int i = 0; i < LANES; i++) {
    sums[warp][threadIdx.x % 32 + 32 * i] = sum.v[i];
  }
  __syncthreads();
  float top = highests[0];
  for (int w = 1; w < CACHED_WARPS; w++) {
    top = fmaxf(top, highests[w]);
  }
  float whole = 0.f;
  for (int w = 0; w < CACHED_WARPS; w++) {
    whole += totals[w] * expf(highests[w] - top);
  }
  for (int d = threadIdx.x; d < headDim; d += blockDim.x) {
    float value = 0.f;
    for (int w = 0; w < CACHED_WARPS; w++) {
      value += sums[w][d] * expf(highests[w] - top);
    }
    put(out + blockIdx.y * outStride + blockIdx.x * headDim + d, value / whole);
  }
}
