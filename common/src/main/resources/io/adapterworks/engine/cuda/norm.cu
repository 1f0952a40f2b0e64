// One block a row. What a thread needs twice it holds in registers, HELD vectors of it as they lie in
// memory; with HELD 0 rows are longer than that, and read again from the cache.

#define MOST_HELD 2

template <int V, int HELD>
struct Row {
  static constexpr int WORDS = HELD > 0 ? V * sizeof(T) / 16 : 1;
  uint4 held[HELD > 0 ? HELD : 1][WORDS];
  const T* from;

  __device__ __forceinline__ Row(const T* row, int columns) : from(row) {
#pragma unroll
    for (int h = 0; h < HELD; h++) {
      int i = (h * blockDim.x + threadIdx.x) * V;
      if (i < columns) {
#pragma unroll
        for (int w = 0; w < WORDS; w++) {
          held[h][w] = ((const uint4*)(row + i))[w];
        }
      }
    }
  }

  // Vector h of this thread, which starts at column i.
  __device__ __forceinline__ void read(int h, int i, float* to) const {
    load<V>(HELD > 0 ? (const T*)held[h] : from + i, to);
  }
};

// Calls visit(h, i) for each vector of this thread.
template <int V, int HELD, class F>
__device__ __forceinline__ void eachVector(int columns, F visit) {
  if (HELD > 0) {
#pragma unroll
    for (int h = 0; h < HELD; h++) {
      int i = (h * blockDim.x + threadIdx.x) * V;
      if (i < columns) {
        visit(h, i);
      }
    }
  } else {
    for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
      visit(0, i);
    }
  }
}

template <int V, int HELD>
__device__ void rmsForward(const T* x, const float* gamma, float epsilon, T* y, float* rstd,
                           int columns) {
  Row<V, HELD> row(x, columns);
  float sum = 0.f;
  eachVector<V, HELD>(columns, [&](int h, int i) {
    float values[V];
    row.read(h, i, values);
#pragma unroll
    for (int j = 0; j < V; j++) {
      sum += values[j] * values[j];
    }
  });
  float inverse = rsqrtf(blockSum(sum) / columns + epsilon);
  if (threadIdx.x == 0) {
    *rstd = inverse;
  }
  eachVector<V, HELD>(columns, [&](int h, int i) {
    float values[V];
    row.read(h, i, values);
    float weights[V];
    load<V>(gamma + i, weights);
#pragma unroll
    for (int j = 0; j < V; j++) {
      weights[j] *= inverse * values[j];
    }
    store<V>(y + i, weights);
  });
}

template <int V, int HELD>
__device__ void rmsBackward(const T* dy, const T* x, const float* gamma, float inverse, int add,
                            T* dx, int columns) {
  // What is added to is asked for with the rest, though it is needed last.
  Row<V, HELD> gradients(dy, columns), row(x, columns), sums(dx, add ? columns : 0);
  float dot = 0.f;
  eachVector<V, HELD>(columns, [&](int h, int i) {
    float gradient[V];
    gradients.read(h, i, gradient);
    float values[V];
    row.read(h, i, values);
    float weights[V];
    load<V>(gamma + i, weights);
#pragma unroll
    for (int j = 0; j < V; j++) {
      dot += gradient[j] * weights[j] * values[j];
    }
  });
  float factor = inverse * inverse * inverse * blockSum(dot) / columns;
  eachVector<V, HELD>(columns, [&](int h, int i) {
    float gradient[V];
    gradients.read(h, i, gradient);
    float values[V];
    row.read(h, i, values);
    float weights[V], before[V];
    load<V>(gamma + i, weights);
    if (add) {
      sums.read(h, i, before);
    }
#pragma unroll
    for (int j = 0; j < V; j++) {
      float value = inverse * gradient[j] * weights[j] - factor * values[j];
      weights[j] = add ? before[j] + value : value;
    }
    store<V>(dx + i, weights);
  });
}

template <int V>
__device__ void layerForward(const T* x, const float* gamma, const float* beta, float epsilon, T* y,
                             float* stats, int columns) {
  float sum = 0.f;
  for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
    float values[V];
    load<V>(x + i, values);
#pragma unroll
    for (int j = 0; j < V; j++) {
      sum += values[j];
    }
  }
  float mean = blockSum(sum) / columns;
  float square = 0.f;
  for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
    float values[V];
    load<V>(x + i, values);
#pragma unroll
    for (int j = 0; j < V; j++) {
      square += (values[j] - mean) * (values[j] - mean);
    }
  }
  float inverse = rsqrtf(blockSum(square) / columns + epsilon);
  if (threadIdx.x == 0) {
    stats[0] = mean;
    stats[1] = inverse;
  }
  for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
    float values[V], weights[V], shifts[V];
    load<V>(x + i, values);
    load<V>(gamma + i, weights);
    load<V>(beta + i, shifts);
#pragma unroll
    for (int j = 0; j < V; j++) {
      values[j] = (values[j] - mean) * inverse * weights[j] + shifts[j];
    }
    store<V>(y + i, values);
  }
}

template <int V>
__device__ void layerBackward(const T* dy, const T* x, const float* gamma, const float* stats,
                              int add, T* dx, int columns) {
  float mean = stats[0], inverse = stats[1];
  float sum = 0.f, dot = 0.f;
  for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
    float gradient[V], values[V], weights[V];
    load<V>(dy + i, gradient);
    load<V>(x + i, values);
    load<V>(gamma + i, weights);
#pragma unroll
    for (int j = 0; j < V; j++) {
      sum += gradient[j] * weights[j];
      dot += gradient[j] * weights[j] * (values[j] - mean) * inverse;
    }
  }
  sum = blockSum(sum) / columns;
  dot = blockSum(dot) / columns;
  for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
    float gradient[V], values[V], weights[V], before[V];
    load<V>(dy + i, gradient);
    load<V>(x + i, values);
    load<V>(gamma + i, weights);
    if (add) {
      load<V>(dx + i, before);
    }
#pragma unroll
    for (int j = 0; j < V; j++) {
      float normed = (values[j] - mean) * inverse;
      float value = inverse * (gradient[j] * weights[j] - sum - normed * dot);
      values[j] = add ? before[j] + value : value;
    }
    store<V>(dx + i, values);
  }
}

extern "C" __global__ void rms_norm_forward(const T* x, int64 xStride, const float* gamma,
                                            float epsilon, T* y, int64 yStride, float* rstd,
                                            int columns, int width) {
  int64 n = blockIdx.x;
  x += n * xStride;
  y += n * yStride;
  if (width == 8 && columns <= MOST_HELD * blockDim.x * 8) {
    rmsForward<8, MOST_HELD>(x, gamma, epsilon, y, rstd + n, columns);
  } else if (width == 8) {
    rmsForward<8, 0>(x, gamma, epsilon, y, rstd + n, columns);
  } else {
    rmsForward<1, 0>(x, gamma, epsilon, y, rstd + n, columns);
  }
}

extern "C" __global__ void rms_norm_backward(const T* dy, int64 dyStride, const T* x, int64 xStride,
                                             const float* gamma, const float* rstd, int add, T* dx,
                                             int64 dxStride, int columns, int width) {
  int64 n = blockIdx.x;
  dy += n * dyStride;
  x += n * xStride;
  dx += n * dxStride;
  if (width == 8 && columns <= MOST_HELD * blockDim.x * 8) {
    rmsBackward<8, MOST_HELD>(dy, x, gamma, rstd[n], add, dx, columns);
  } else if (width == 8) {
    rmsBackward<8, 0>(dy, x, gamma, rstd[n], add, dx, columns);
  } else {
    rmsBackward<1, 0>(dy, x, gamma, rstd[n], add, dx, columns);
  }
}

extern "C" __global__ void layer_norm_forward(const T* x, int64 xStride, const float* gamma,
                                              const float* beta, float epsilon, T* y, int64 yStride,
                                              float* stats, int columns, int width) {
  int64 n = blockIdx.x;
  x += n * xStride;
  y += n * yStride;
  width == 8 ? layerForward<8>(x, gamma, beta, epsilon, y, stats + 2 * n, columns)
             : layerForward<1>(x, gamma, beta, epsilon, y, stats + 2 * n, columns);
}

extern "C" __global__ void layer_norm_backward(const T* dy, int64 dyStride, const T* x,
                                               int64 xStride, const float* gamma,
                                               const float* stats, int add, T* dx, int64 dxStride,
                                               int columns, int width) {
  int64 n = blockIdx.x;
  dy += n * dyStride;
  x += n * xStride;
  dx += n * dxStride;
  width == 8 ? layerBackward<8>(dy, x, gamma, stats + 2 * n, add, dx, columns)
             : layerBackward<1>(dy, x, gamma, stats + 2 * n, add, dx, columns);
}
