// Kernels over rows: embedding, pooling, biases, small products, losses.

template <int V>
__device__ void gatherRows(const T* table, const int* ids, int add, T* y, int64 count, int columns) {
  int64 i = globalIndex() * V;
  if (i < count) {
    float values[V], before[V];
    load<V>(table + (int64)ids[i / columns] * columns + i % columns, values);
    if (add) {
      load<V>(y + i, before);
#pragma unroll
      for (int j = 0; j < V; j++) {
        values[j] += before[j];
      }
    }
    store<V>(y + i, values);
  }
}

extern "C" __global__ void gather(const T* table, const int* ids, int add, T* y, int64 count,
                                  int columns, int width) {
  width == 8 ? gatherRows<8>(table, ids, add, y, count, columns)
             : gatherRows<1>(table, ids, add, y, count, columns);
}

// Blocks: (columns / blockDim, segments).
extern "C" __global__ void mean_pool_forward(const T* x, const int* starts, float* y, int columns) {
  int column = blockIdx.x * blockDim.x + threadIdx.x;
  int first = starts[blockIdx.y], end = starts[blockIdx.y + 1];
  if (column < columns) {
    float sum = 0.f;
    for (int n = first; n < end; n++) {
      sum += toFloat(x[(int64)n * columns + column]);
    }
    y[(int64)blockIdx.y * columns + column] = sum / (end - first);
  }
}

extern "C" __global__ void mean_pool_backward(const float* dy, const int* starts, T* dx,
                                              int columns) {
  int column = blockIdx.x * blockDim.x + threadIdx.x;
  int first = starts[blockIdx.y], end = starts[blockIdx.y + 1];
  if (column < columns) {
    float value = dy[(int64)blockIdx.y * columns + column] / (end - first);
    for (int n = first; n < end; n++) {
      put(dx + (int64)n * columns + column, value);
    }
  }
}

extern "C" __global__ void first_token_forward(const void* x, int xFloat, const int* starts, void* y,
                                               int yFloat, int columns) {
  int column = blockIdx.x * blockDim.x + threadIdx.x;
  if (column < columns) {
    float value = anyAt(x, (int64)starts[blockIdx.y] * columns + column, xFloat);
    putAny(y, (int64)blockIdx.y * columns + column, yFloat, value);
  }
}

extern "C" __global__ void first_token_backward(const void* dy, int dyFloat, const int* starts,
                                                void* dx, int dxFloat, int columns) {
  int column = blockIdx.x * blockDim.x + threadIdx.x;
  if (column < columns) {
    float value = anyAt(dy, (int64)blockIdx.y * columns + column, dyFloat);
    for (int n = starts[blockIdx.y]; n < starts[blockIdx.y + 1]; n++) {
      putAny(dx, (int64)n * columns + column, dxFloat, n == starts[blockIdx.y] ? value : 0.f);
    }
  }
}

extern "C" __global__ void add_bias(const void* bias, int biasFloat, void* y, int64 stride,
                                    int yFloat, int64 count, int columns) {
  int64 i = globalIndex();
  if (i < count) {
    int64 at = (i / columns) * stride + i % columns;
    putAny(y, at, yFloat, anyAt(y, at, yFloat) + anyAt(bias, i % columns, biasFloat));
  }
}

// Blocks of (32 columns, 8 rows at a time).
extern "C" __global__ void sum_rows(const void* x, int64 stride, int isFloat, float* sums, int add,
                                    int64 rows, int columns) {
  __shared__ float parts[8][33];
  int column = blockIdx.x * 32 + threadIdx.x;
  float sum = 0.f;
  if (column < columns) {
    for (int64 n = threadIdx.y; n < rows; n += 8) {
      sum += anyAt(x, n * stride + column, isFloat);
    }
  }
  parts[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y == 0 && column < columns) {
    for (int i = 1; i < 8; i++) {
      sum += parts[i][threadIdx.x];
    }
    sums[column] = add ? sums[column] + sum : sum;
  }
}

extern "C" __global__ void scale_columns(const void* x, int64 xStride, int xFloat,
                                         const float* scales, void* y, int64 yStride, int yFloat,
                                         int add, int64 count, int columns) {
  int64 i = globalIndex();
  if (i < count) {
    int64 row = i / columns;
    int64 column = i % columns;
    int64 at = row * yStride + column;
    float value = anyAt(x, row * xStride + column, xFloat) * scales[column];
    putAny(y, at, yFloat, add ? anyAt(y, at, yFloat) + value : value);
  }
}

// Blocks of (32 columns, 8 rows at a time).
extern "C" __global__ void sum_row_products(const void* a, int64 aStride, int aFloat, const void* b,
                                            int64 bStride, int bFloat, float* sums, int add,
                                            int64 rows, int columns) {
  __shared__ float parts[8][33];
  int column = blockIdx.x * 32 + threadIdx.x;
  float sum = 0.f;
  if (column < columns) {
    for (int64 n = threadIdx.y; n < rows; n += 8) {
      sum += anyAt(a, n * aStride + column, aFloat) * anyAt(b, n * bStride + column, bFloat);
    }
  }
  parts[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y == 0 && column < columns) {
    for (int i = 1; i < 8; i++) {
      sum += parts[i][threadIdx.x];
    }
    sums[column] = add ? sums[column] + sum : sum;
  }
}

struct Operand {
  const void* data;
  int64 rowStride, columnStride;
  int isFloat;

  __device__ float at(int64 row, int64 column) const {
    return anyAt(data, row * rowStride + column * columnStride, isFloat);
  }
};

// c(m, n) = or += alpha * a(m, k) b(k, n), any strides and types; 16 x 16 threads, one element each.
extern "C" __global__ void product(const void* a, int64 aRow, int64 aColumn, int aFloat,
                                   const void* b, int64 bRow, int64 bColumn, int bFloat, void* c,
                                   int64 cRow, int cFloat, int64 m, int64 n, int64 k, float alpha,
                                   int add) {
  __shared__ float left[16][17], right[16][17];
  Operand first = {a, aRow, aColumn, aFloat}, second = {b, bRow, bColumn, bFloat};
  int64 row = (int64)blockIdx.y * 16 + threadIdx.y;
  int64 column = (int64)blockIdx.x * 16 + threadIdx.x;
  float sum = 0.f;
  for (int64 start = 0; start < k; start += 16) {
    int64 i = start + threadIdx.x, j = start + threadIdx.y;
    left[threadIdx.y][threadIdx.x] = row < m && i < k ? first.at(row, i) : 0.f;
    right[threadIdx.y][threadIdx.x] = column < n && j < k ? second.at(j, column) : 0.f;
    __syncthreads();
#pragma unroll
    for (int l = 0; l < 16; l++) {
      sum += left[threadIdx.y][l] * right[l][threadIdx.x];
    }
    __syncthreads();
  }
  if (row < m && column < n) {
    int64 at = row * cRow + column;
    putAny(c, at, cFloat, alpha * sum + (add ? anyAt(c, at, cFloat) : 0.f));
  }
}

#define LOGITS_AT_ONCE 4

// A row of logits, eight at a time; the first ones stay in shared memory once they were read, so that
// the row is read from memory once.
template <int V, class L>
struct Logits {
  const L* row;
  int64 held;

  __device__ __forceinline__ void read(int64 i, float* values) const { load<V>(row + i, values); }
  __device__ __forceinline__ void hold(int64, const float*) const {}
  __device__ __forceinline__ void readAgain(int64 i, float* values) const { read(i, values); }
};

template <>
struct Logits<8, bf16> {
  const bf16* row;
  int64 held;

  static __device__ __forceinline__ bf16* memory() {
    extern __shared__ uint4 heldLogits[];
    return (bf16*)heldLogits;
  }
  __device__ __forceinline__ void read(int64 i, float* values) const { load<8>(row + i, values); }
  __device__ __forceinline__ void hold(int64 i, const float* values) const {
    if (i < held) {
      store<8>(memory() + i, values);
    }
  }
  __device__ __forceinline__ void readAgain(int64 i, float* values) const {
    load<8>(i < held ? memory() + i : row + i, values);
  }
};

// One block a row of logits: its loss and hit (for loss_finish) and its gradient, which may take the
// logits' place. The largest logit and the sum of exponentials are found in one pass.
template <int V, class L>
__device__ void crossEntropy(Logits<V, L> logits, int label, float smoothing, float scale,
                             L* dLogits, float* rowLoss, float* rowHit, int64 columns) {
  float highest = -INFINITY, sum = 0.f, total = 0.f;
  auto add = [&](const float* values) {
    float top = highest;
#pragma unroll
    for (int j = 0; j < V; j++) {
      top = fmaxf(top, values[j]);
    }
    sum *= power2((highest - top) * LOG2E);
    highest = top;
#pragma unroll
    for (int j = 0; j < V; j++) {
      sum += power2(values[j] * LOG2E - top * LOG2E);
    }
    if (smoothing != 0.f) {
#pragma unroll
      for (int j = 0; j < V; j++) {
        total += values[j];
      }
    }
  };
  int64 i = threadIdx.x * V, step = blockDim.x * V;
  for (; i + (LOGITS_AT_ONCE - 1) * step < columns; i += LOGITS_AT_ONCE * step) {
    float values[LOGITS_AT_ONCE][V];
#pragma unroll
    for (int u = 0; u < LOGITS_AT_ONCE; u++) {
      logits.read(i + u * step, values[u]);
    }
#pragma unroll
    for (int u = 0; u < LOGITS_AT_ONCE; u++) {
      logits.hold(i + u * step, values[u]);
      add(values[u]);
    }
  }
  for (; i < columns; i += step) {
    float values[V];
    logits.read(i, values);
    logits.hold(i, values);
    add(values);
  }
  float top = blockMax(highest);
  sum = blockSum(highest == -INFINITY ? 0.f : sum * power2((highest - top) * LOG2E));
  total = smoothing == 0.f ? 0.f : blockSum(total);
  float logSum = top + logf(sum);
  float even = smoothing / columns;
  if (threadIdx.x == 0) {
    float target = toFloat(logits.row[label]);
    *rowLoss = scale * ((1.f - smoothing) * (logSum - target) + smoothing * logSum - even * total);
    *rowHit = target >= top ? 1.f : 0.f;
  }
  __syncthreads();
  float share = scale / sum, everywhere = scale * even;
  // What is not held was read last: the cache may have it still.
  i = threadIdx.x * V;
  for (i = i < columns ? i + (columns - 1 - i) / step * step : -1; i >= 0; i -= step) {
    float values[V];
    logits.readAgain(i, values);
#pragma unroll
    for (int j = 0; j < V; j++) {
      values[j] = share * power2(values[j] * LOG2E - top * LOG2E) - everywhere;
    }
    if (label >= i && label < i + V) {
#pragma unroll
      for (int j = 0; j < V; j++) {
        values[j] -= i + j == label ? scale * (1.f - smoothing) : 0.f;
      }
    }
    store<V>(dLogits + i, values);
  }
}

// Labels of -100 are not scored.
template <class L>
__device__ void crossEntropyRow(const L* logits, const int* labels, float smoothing, float scale,
                                L* dLogits, float* rowLoss, float* rowHit, int64 columns,
                                int width, int64 held) {
  int64 n = blockIdx.x, at = n * columns;
  int label = labels[n];
  if (label == -100) {
    for (int64 i = threadIdx.x; i < columns; i += blockDim.x) {
      put(dLogits + at + i, 0.f);
    }
    if (threadIdx.x == 0) {
      rowLoss[n] = 0.f;
      rowHit[n] = 0.f;
    }
  } else if (width == 8) {
    crossEntropy(Logits<8, L>{logits + at, held}, label, smoothing, scale, dLogits + at, rowLoss + n,
                 rowHit + n, columns);
  } else {
    crossEntropy(Logits<1, L>{logits + at, 0}, label, smoothing, scale, dLogits + at, rowLoss + n,
                 rowHit + n, columns);
  }
}

extern "C" __global__ void cross_entropy_float(const float* logits, const int* labels,
                                               float smoothing, float scale, float* dLogits,
                                               float* rowLoss, float* rowHit, int64 columns,
                                               int width) {
  crossEntropyRow(logits, labels, smoothing, scale, dLogits, rowLoss, rowHit, columns, width, 0);
}

// held: logits of a row for which there is shared memory.
extern "C" __global__ void __launch_bounds__(512, 2)
    cross_entropy(const T* logits, const int* labels, float smoothing, float scale, T* dLogits,
                  float* rowLoss, float* rowHit, int64 columns, int width, int64 held) {
  crossEntropyRow(logits, labels, smoothing, scale, dLogits, rowLoss, rowHit, columns, width, held);
}

// One block: loss[0] += the sum of rowLoss, loss[1] += the sum of rowHit where it is wanted.
extern "C" __global__ void loss_finish(const float* rowLoss, const float* rowHit, int64 rows,
                                       float* loss, int hits) {
  float sum = 0.f, hit = 0.f;
  for (int64 n = threadIdx.x; n < rows; n += blockDim.x) {
    sum += rowLoss[n];
    hit += rowHit[n];
  }
  sum = blockSum(sum);
  hit = blockSum(hit);
  if (threadIdx.x == 0) {
    loss[0] += sum;
    if (hits) {
      loss[1] += hit;
    }
  }
}
