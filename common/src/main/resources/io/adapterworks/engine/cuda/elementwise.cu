// Functions of single elements. "width" is 8 where pointers and sizes allow 16-byte accesses, else 1;
// "count" is in elements, one thread takes "width" of them.

struct Gelu {
  __device__ static float forward(float x) { return 0.5f * x * (1.f + erff(x * 0.70710678f)); }
  __device__ static float backward(float dy, float x) {
    float cdf = 0.5f * (1.f + erff(x * 0.70710678f));
    return dy * (cdf + x * 0.39894228f * expf(-0.5f * x * x));
  }
};

struct Tanh {
  __device__ static float forward(float x) { return tanhf(x); }
  __device__ static float backward(float dy, float y) { return dy * (1.f - y * y); }
};

template <int V, class F>
__device__ void forwardEach(const T* x, T* y, int64 count) {
  int64 i = globalIndex() * V;
  if (i < count) {
    float values[V];
    load<V>(x + i, values);
#pragma unroll
    for (int j = 0; j < V; j++) {
      values[j] = F::forward(values[j]);
    }
    store<V>(y + i, values);
  }
}

template <int V, class F>
__device__ void backwardEach(const T* dy, const T* x, T* dx, int64 count) {
  int64 i = globalIndex() * V;
  if (i < count) {
    float gradient[V], values[V];
    load<V>(dy + i, gradient);
    load<V>(x + i, values);
#pragma unroll
    for (int j = 0; j < V; j++) {
      values[j] = F::backward(gradient[j], values[j]);
    }
    store<V>(dx + i, values);
  }
}

extern "C" __global__ void gelu_forward(const T* x, T* y, int64 count, int width) {
  width == 8 ? forwardEach<8, Gelu>(x, y, count) : forwardEach<1, Gelu>(x, y, count);
}

extern "C" __global__ void gelu_backward(const T* dy, const T* x, T* dx, int64 count, int width) {
  width == 8 ? backwardEach<8, Gelu>(dy, x, dx, count) : backwardEach<1, Gelu>(dy, x, dx, count);
}

extern "C" __global__ void tanh_forward(const T* x, T* y, int64 count, int width) {
  width == 8 ? forwardEach<8, Tanh>(x, y, count) : forwardEach<1, Tanh>(x, y, count);
}

extern "C" __global__ void tanh_backward(const T* dy, const T* y, T* dx, int64 count, int width) {
  width == 8 ? backwardEach<8, Tanh>(dy, y, dx, count) : backwardEach<1, Tanh>(dy, y, dx, count);
}

__device__ __forceinline__ float sigmoid(float x) { return __fdividef(1.f, 1.f + __expf(-x)); }

// Whole blocks to each row: this thread's row and its first column.
struct Place {
  int64 row;
  int column;

  __device__ __forceinline__ Place(int columns, int width) {
    unsigned blocks = (columns / width + blockDim.x - 1) / blockDim.x;
    row = blockIdx.x / blocks;
    column = (blockIdx.x % blocks * blockDim.x + threadIdx.x) * width;
  }
};

template <int V>
__device__ void swiGluForward(const T* gate, T* y, int i, int columns) {
  if (i < columns) {
    float gates[V], ups[V];
    load<V>(gate + i, gates);
    load<V>(gate + columns + i, ups);
#pragma unroll
    for (int j = 0; j < V; j++) {
      ups[j] *= gates[j] * sigmoid(gates[j]);
    }
    store<V>(y + i, ups);
  }
}

template <int V>
__device__ void swiGluBackward(const T* dy, const T* gate, T* dGate, int i, int columns) {
  if (i < columns) {
    float gradient[V], gates[V], ups[V];
    load<V>(dy + i, gradient);
    load<V>(gate + i, gates);
    load<V>(gate + columns + i, ups);
#pragma unroll
    for (int j = 0; j < V; j++) {
      float s = sigmoid(gates[j]);
      float silu = gates[j] * s;
      gates[j] = gradient[j] * ups[j] * (s + silu * (1.f - s));
      ups[j] = gradient[j] * silu;
    }
    store<V>(dGate + i, gates);
    store<V>(dGate + columns + i, ups);
  }
}

// y(N, columns) from gateUp(N, 2 * columns).
extern "C" __global__ void swiglu_forward(const T* gateUp, int64 gateUpStride, T* y, int64 yStride,
                                          int columns, int width) {
  Place at(columns, width);
  gateUp += at.row * gateUpStride;
  y += at.row * yStride;
  width == 8 ? swiGluForward<8>(gateUp, y, at.column, columns)
             : swiGluForward<1>(gateUp, y, at.column, columns);
}

extern "C" __global__ void swiglu_backward(const T* dy, int64 dyStride, const T* gateUp,
                                           int64 gateUpStride, T* dGateUp, int64 dGateUpStride,
                                           int columns, int width) {
  Place at(columns, width);
  dy += at.row * dyStride;
  gateUp += at.row * gateUpStride;
  dGateUp += at.row * dGateUpStride;
  width == 8 ? swiGluBackward<8>(dy, gateUp, dGateUp, at.column, columns)
             : swiGluBackward<1>(dy, gateUp, dGateUp, at.column, columns);
}

// One thread makes the eight lanes of one Philox block. seed holds the seed and the origin, 64 bits
// each; the origin counts rows.
extern "C" __global__ void dropout(const T* x, int64 xStride, T* y, int64 yStride, int64 count,
                                   int columns, const unsigned* seed, unsigned site,
                                   unsigned threshold, float keep, int add) {
  int64 group = globalIndex();
  if (group * 8 >= count) {
    return;
  }
  int64 counter = group + ((int64)seed[2] | (int64)seed[3] << 32) * ((columns + 7) / 8);
  unsigned words[4] = {(unsigned)counter, (unsigned)(counter >> 32), site, 0};
  philox(words, seed);
  int64 row = group * 8 / columns;
  int column = group * 8 % columns;
#pragma unroll
  for (int lane = 0; lane < 8; lane++) {
    if (row * columns + column < count) {
      unsigned bits = (words[lane / 2] >> (16 * (lane % 2))) & 0xffffu;
      float value = bits >= threshold ? toFloat(x[row * xStride + column]) * keep : 0.f;
      T* to = y + row * yStride + column;
      put(to, add ? toFloat(*to) + value : value);
    }
    column++;
    if (column == columns) {
      column = 0;
      row++;
    }
  }
}

// to = from, or to += scale * from, over rows that may be strided.
extern "C" __global__ void copy_scaled(const void* from, int64 fromStride, int fromFloat, void* to,
                                       int64 toStride, int toFloat, int64 count, int columns,
                                       float scale, int add) {
  int64 i = globalIndex();
  if (i < count) {
    int64 row = i / columns, column = i % columns;
    float value = anyAt(from, row * fromStride + column, fromFloat);
    int64 at = row * toStride + column;
    putAny(to, at, toFloat, add ? anyAt(to, at, toFloat) + scale * value : value);
  }
}

extern "C" __global__ void fill(void* to, int64 stride, int isFloat, int64 count, int columns,
                                float value) {
  int64 i = globalIndex();
  if (i < count) {
    putAny(to, (i / columns) * stride + i % columns, isFloat, value);
  }
}

extern "C" __global__ void fill_integers(int* to, int64 count, int value) {
  int64 i = globalIndex();
  if (i < count) {
    to[i] = value;
  }
}

// to = the elements of a file: kind 0 float32, 1 bfloat16, 2 float16, 3 float64.
extern "C" __global__ void convert(const void* from, int kind, void* to, int isFloat, int64 count) {
  int64 i = globalIndex();
  if (i < count) {
    float value;
    if (kind == 0) {
      value = ((const float*)from)[i];
    } else if (kind == 1) {
      value = toFloat(((const bf16*)from)[i]);
    } else if (kind == 2) {
      asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(((const unsigned short*)from)[i]));
    } else {
      value = (float)((const double*)from)[i];
    }
    putAny(to, i, isFloat, value);
  }
}

// One block a row: q = round(w / scale) with scale = largest magnitude / 127.
extern "C" __global__ void quantize_rows(const T* from, signed char* to, float* scales, int columns) {
  const T* row = from + (int64)blockIdx.x * columns;
  float highest = 0.f;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    highest = fmaxf(highest, fabsf(toFloat(row[i])));
  }
  float scale = __fdiv_rn(blockMax(highest), 127.f);
  if (threadIdx.x == 0) {
    scales[blockIdx.x] = scale;
  }
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    float value = scale == 0.f ? 0.f : rintf(__fdiv_rn(toFloat(row[i]), scale));
    to[(int64)blockIdx.x * columns + i] = (signed char)value;
  }
}

template <int V>
__device__ void dequantize(const signed char* from, float scale, T* to, int i, int columns) {
  if (i < columns) {
    float values[V];
    if (V == 8) {
      uint2 words = *(const uint2*)(from + i);
#pragma unroll
      for (int j = 0; j < V; j++) {
        unsigned word = j < 4 ? words.x : words.y;
        values[j] = scale * (float)(signed char)(word >> (8 * (j % 4)));
      }
    } else {
      values[0] = scale * (float)from[i];
    }
    store<V>(to + i, values);
  }
}

extern "C" __global__ void dequantize_rows(const signed char* from, const float* scales, T* to,
                                           int64 toStride, int columns, int width) {
  Place at(columns, width);
  from += at.row * columns;
  to += at.row * toStride;
  width == 8 ? dequantize<8>(from, scales[at.row], to, at.column, columns)
             : dequantize<1>(from, scales[at.row], to, at.column, columns);
}
