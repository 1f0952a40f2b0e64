// One block a row; the row is read again from the cache for the second pass.

template <int V>
__device__ void rmsForward(const T* x, const float* gamma, float epsilon, T* y, float* rstd,
                           int columns) {
  float sum = 0.f;
  for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
    float values[V];
    load<V>(x + i, values);
#pragma unroll
    for (int j = 0; j < V; j++) {
      sum += values[j] * values[j];
    }
  }
  float inverse = rsqrtf(blockSum(sum) / columns + epsilon);
  if (threadIdx.x == 0) {
    *rstd = inverse;
  }
  for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
    float values[V], weights[V];
    load<V>(x + i, values);
    load<V>(gamma + i, weights);
#pragma unroll
    for (int j = 0; j < V; j++) {
      values[j] *= inverse * weights[j];
    }
    store<V>(y + i, values);
  }
}

template <int V>
__device__ void rmsBackward(const T* dy, const T* x, const float* gamma, float inverse, int add,
                            T* dx, int columns) {
  float dot = 0.f;
  for (int i = threadIdx.x * V; i < columns; i += blockDim.x * V) {
    float gradient[V], values[V], weights[V];
    load<V>(dy + i, gradient);
    load<V>(x + i, values);
    load<V>(gamma + i, weights);
#pragma unroll
    for (int j = 0; j < V; j++) {
      dot += gradient[j] * weights[j] * values[j];
    }
  }
  float factor = inverse * inverse * inverse * blockSum(dot) / columns;
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
      float value = inverse * gradient[j] * weights[j] - factor * values[j];
      values[j] = add ? before[j] + value : value;
    }
    store<V>(dx + i, values);
  }
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
  width == 8 ? rmsForward<8>(x, gamma, epsilon, y, rstd + n, columns)
             : rmsForward<1>(x, gamma, epsilon, y, rstd + n, columns);
}

extern "C" __global__ void rms_norm_backward(const T* dy, int64 dyStride, const T* x, int64 xStride,
                                             const float* gamma, const float* rstd, int add, T* dx,
                                             int64 dxStride, int columns, int width) {
  int64 n = blockIdx.x;
  dy += n * dyStride;
  x += n * xStride;
  dx += n * dxStride;
  width == 8 ? rmsBackward<8>(dy, x, gamma, rstd[n], add, dx, columns)
             : rmsBackward<1>(dy, x, gamma, rstd[n], add, dx, columns);
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
