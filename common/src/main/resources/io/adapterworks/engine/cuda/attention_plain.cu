// Attention for any type and any head size up to 256: one warp a row, one key at a time. For float32
// runs, for dropout, and for head sizes that the blockwise kernels do not cover. All end with the
// dropout of weights: threshold is 0 where nothing is dropped, keep is 1 / (1 - probability).
// Blocks: 4 warps; grid (rows / 4 of the longest segment, heads, segments).

#define LANES 8

struct Row {
  float v[LANES];
};

__device__ __forceinline__ Row readRow(const T* from, int headDim) {
  Row row;
#pragma unroll
  for (int i = 0; i < LANES; i++) {
    int d = threadIdx.x % 32 + 32 * i;
    row.v[i] = d < headDim ? toFloat(from[d]) : 0.f;
  }
  return row;
}

__device__ __forceinline__ void writeRow(T* to, const Row& row, float factor, int headDim) {
#pragma unroll
  for (int i = 0; i < LANES; i++) {
    int d = threadIdx.x % 32 + 32 * i;
    if (d < headDim) {
      put(to + d, factor * row.v[i]);
    }
  }
}

__device__ __forceinline__ float dot(const Row& a, const Row& b) {
  float sum = 0.f;
#pragma unroll
  for (int i = 0; i < LANES; i++) {
    sum += a.v[i] * b.v[i];
  }
  return warpSum(sum);
}

__device__ __forceinline__ void addScaled(Row& to, float factor, const Row& from) {
#pragma unroll
  for (int i = 0; i < LANES; i++) {
    to.v[i] += factor * from.v[i];
  }
}

// What the weight of query n in a head for the key at a place of its sequence is multiplied with; seed
// holds the seed and the origin, 64 bits each.
__device__ __forceinline__ float kept(int head, int n, int place, const unsigned* seed,
                                      unsigned site, unsigned threshold, float keep) {
  if (threshold == 0) {
    return 1.f;
  }
  unsigned words[4] = {(unsigned)(place / 8), seed[2] + n, site, 1u + head};
  philox(words, seed);
  int lane = place % 8;
  unsigned word = lane < 4 ? (lane < 2 ? words[0] : words[1]) : (lane < 6 ? words[2] : words[3]);
  return ((word >> (16 * (lane % 2))) & 0xffffu) >= threshold ? keep : 0.f;
}

extern "C" __global__ void attention_forward_plain(const T* q, int64 qStride, const T* k,
                                                   int64 kStride, const T* v, int64 vStride, T* out,
                                                   int64 outStride, float* logSumExp, const int* starts, int tokens,
                                                   int group, int headDim, float scale,
                                                   int causal, const unsigned* seed, unsigned site,
                                                   unsigned threshold, float keep) {
  int head = blockIdx.y, first = starts[blockIdx.z], end = starts[blockIdx.z + 1];
  int n = first + blockIdx.x * 4 + threadIdx.x / 32;
  if (n >= end) {
    return;
  }
  Row query = readRow(q + n * qStride + head * headDim, headDim);
  Row sum = {};
  float highest = -INFINITY, total = 0.f;
  int64 column = (head / group) * headDim;
  for (int m = first; m < (causal ? n + 1 : end); m++) {
    float score = scale * dot(query, readRow(k + m * kStride + column, headDim));
    float top = fmaxf(highest, score);
    float shrink = expf(highest - top), weight = expf(score - top);
    float used = weight * kept(head, n, m - first, seed, site, threshold, keep);
    Row value = readRow(v + m * vStride + column, headDim);
#pragma unroll
    for (int i = 0; i < LANES; i++) {
      sum.v[i] = sum.v[i] * shrink + used * value.v[i];
    }
    total = total * shrink + weight;
    highest = top;
  }
  writeRow(out + n * outStride + head * headDim, sum, 1.f / total, headDim);
  if (threadIdx.x % 32 == 0) {
    logSumExp[(int64)head * tokens + n] = highest + logf(total);
  }
}

// delta(H, N) = the dot of each row of dOut with out. Grid (tokens / 4, heads).
extern "C" __global__ void attention_delta(const T* dOut, const T* out, int64 outStride,
                                           float* delta, int tokens, int headDim) {
  int n = blockIdx.x * 4 + threadIdx.x / 32;
  if (n < tokens) {
    int64 column = blockIdx.y * headDim;
    float sum = dot(readRow(dOut + (int64)n * gridDim.y * headDim + column, headDim),
                    readRow(out + n * outStride + column, headDim));
    if (threadIdx.x % 32 == 0) {
      delta[(int64)blockIdx.y * tokens + n] = sum;
    }
  }
}

// The same, eight elements a thread; a head's threads are a power of two and lie within a warp.
extern "C" __global__ void attention_delta_vectors(const T* dOut, const T* out, int64 outStride,
                                                   float* delta, int tokens, int heads,
                                                   int headDim) {
  unsigned perHead = headDim / 8, perRow = heads * perHead;
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned row = i / perRow, within = i % perRow;
  float sum = 0.f;
  if (row < tokens) {
    float a[8], b[8];
    load<8>(dOut + (int64)i * 8, a);
    load<8>(out + row * outStride + within * 8, b);
#pragma unroll
    for (int j = 0; j < 8; j++) {
      sum += a[j] * b[j];
    }
  }
  for (unsigned step = perHead / 2; step > 0; step /= 2) {
    sum += __shfl_xor_sync(0xffffffffu, sum, step);
  }
  if (row < tokens && within % perHead == 0) {
    delta[(int64)(within / perHead) * tokens + row] = sum;
  }
}

extern "C" __global__ void attention_dq_plain(const T* q, int64 qStride, const T* k, int64 kStride,
                                              const T* v, int64 vStride, const T* dOut,
                                              const float* logSumExp, const float* delta, T* dq,
                                              int64 dqStride, const int* starts, int tokens,
                                              int group, int headDim, float scale, int causal,
                                              const unsigned* seed, unsigned site,
                                              unsigned threshold, float keep) {
  int head = blockIdx.y, first = starts[blockIdx.z], end = starts[blockIdx.z + 1];
  int n = first + blockIdx.x * 4 + threadIdx.x / 32;
  if (n >= end) {
    return;
  }
  Row query = readRow(q + n * qStride + head * headDim, headDim);
  Row gradient = readRow(dOut + ((int64)n * gridDim.y + head) * headDim, headDim);
  float logSum = logSumExp[(int64)head * tokens + n], shift = delta[(int64)head * tokens + n];
  int64 column = (head / group) * headDim;
  Row sum = {};
  for (int m = first; m < (causal ? n + 1 : end); m++) {
    Row key = readRow(k + m * kStride + column, headDim);
    float weight = expf(scale * dot(query, key) - logSum);
    float used = kept(head, n, m - first, seed, site, threshold, keep);
    float dWeight = used * dot(gradient, readRow(v + m * vStride + column, headDim));
    addScaled(sum, weight * (dWeight - shift), key);
  }
  writeRow(dq + n * dqStride + head * headDim, sum, scale, headDim);
}

// Grid (rows / 4, key/value heads, segments); the heads of the group are added up in order.
extern "C" __global__ void attention_dkv_plain(const T* q, int64 qStride, const T* k, int64 kStride,
                                               const T* v, int64 vStride, const T* dOut,
                                               const float* logSumExp, const float* delta, T* dk,
                                               int64 dkStride, T* dv, int64 dvStride,
                                               const int* starts, int tokens, int group, int headDim,
                                               float scale, int causal, const unsigned* seed,
                                               unsigned site, unsigned threshold, float keep) {
  int first = starts[blockIdx.z], end = starts[blockIdx.z + 1];
  int m = first + blockIdx.x * 4 + threadIdx.x / 32;
  if (m >= end) {
    return;
  }
  int64 column = blockIdx.y * headDim;
  Row key = readRow(k + m * kStride + column, headDim);
  Row value = readRow(v + m * vStride + column, headDim);
  Row dKey = {}, dValue = {};
  for (int head = blockIdx.y * group; head < (blockIdx.y + 1) * group; head++) {
    for (int n = causal ? m : first; n < end; n++) {
      Row query = readRow(q + n * qStride + head * headDim, headDim);
      Row gradient = readRow(dOut + ((int64)n * gridDim.y * group + head) * headDim, headDim);
      float weight = expf(scale * dot(query, key) - logSumExp[(int64)head * tokens + n]);
      float used = kept(head, n, m - first, seed, site, threshold, keep);
      float dWeight = used * dot(gradient, value);
      float dScore = weight * (dWeight - delta[(int64)head * tokens + n]);
      addScaled(dValue, used * weight, gradient);
      addScaled(dKey, dScore, query);
    }
  }
  writeRow(dk + m * dkStride + column, dKey, scale, headDim);
  writeRow(dv + m * dvStride + column, dValue, 1.f, headDim);
}
