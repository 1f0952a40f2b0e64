// What every kernel stands on: the compute type T, loads and stores of one or eight elements as
// float32, and reductions over a block. Needs no header, so that the driver's compiler suffices.

struct bf16 {
  unsigned short bits;
};

#if COMPUTE_BF16
typedef bf16 T;
#else
typedef float T;
#endif

typedef long long int64;

#ifndef INFINITY
#define INFINITY __int_as_float(0x7f800000)
#endif

__device__ __forceinline__ float toFloat(float x) { return x; }
__device__ __forceinline__ float toFloat(bf16 x) {
  return __uint_as_float(((unsigned)x.bits) << 16);
}

__device__ __forceinline__ bf16 toBf16(float x) {
  bf16 result;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(x));
  return result;
}

// The two floats as bf16 in one word, low in the lower half.
__device__ __forceinline__ unsigned pack(float low, float high) {
  unsigned result;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  return result;
}

__device__ __forceinline__ void put(float* to, float x) { *to = x; }
__device__ __forceinline__ void put(bf16* to, float x) { *to = toBf16(x); }

template <int V>
__device__ __forceinline__ void load(const float* from, float* to) {
  if (V == 8) {
    float4 a = ((const float4*)from)[0];
    float4 b = ((const float4*)from)[1];
    to[0] = a.x, to[1] = a.y, to[2] = a.z, to[3] = a.w;
    to[4] = b.x, to[5] = b.y, to[6] = b.z, to[7] = b.w;
  } else {
    to[0] = from[0];
  }
}

template <int V>
__device__ __forceinline__ void load(const bf16* from, float* to) {
  if (V == 8) {
    uint4 a = *(const uint4*)from;
    unsigned words[4] = {a.x, a.y, a.z, a.w};
#pragma unroll
    for (int i = 0; i < 4; i++) {
      to[2 * i] = __uint_as_float(words[i] << 16);
      to[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
    }
  } else {
    to[0] = toFloat(from[0]);
  }
}

template <int V>
__device__ __forceinline__ void store(float* to, const float* from) {
  if (V == 8) {
    ((float4*)to)[0] = make_float4(from[0], from[1], from[2], from[3]);
    ((float4*)to)[1] = make_float4(from[4], from[5], from[6], from[7]);
  } else {
    to[0] = from[0];
  }
}

template <int V>
__device__ __forceinline__ void store(bf16* to, const float* from) {
  if (V == 8) {
    *(uint4*)to = make_uint4(pack(from[0], from[1]), pack(from[2], from[3]),
                             pack(from[4], from[5]), pack(from[6], from[7]));
  } else {
    to[0] = toBf16(from[0]);
  }
}

// Element i of memory that holds float32 (isFloat) or bf16, for kernels where speed is no matter.
__device__ __forceinline__ float anyAt(const void* from, int64 i, int isFloat) {
  return isFloat ? ((const float*)from)[i] : toFloat(((const bf16*)from)[i]);
}

__device__ __forceinline__ void putAny(void* to, int64 i, int isFloat, float x) {
  if (isFloat) {
    ((float*)to)[i] = x;
  } else {
    ((bf16*)to)[i] = toBf16(x);
  }
}

__device__ __forceinline__ float warpSum(float x) {
#pragma unroll
  for (int i = 16; i > 0; i /= 2) {
    x += __shfl_xor_sync(0xffffffffu, x, i);
  }
  return x;
}

__device__ __forceinline__ float warpMax(float x) {
#pragma unroll
  for (int i = 16; i > 0; i /= 2) {
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, i));
  }
  return x;
}

// The sum over the block, in every thread; the order of additions is fixed.
__device__ __forceinline__ float blockSum(float x) {
  __shared__ float parts[32];
  x = warpSum(x);
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    parts[threadIdx.x / 32] = x;
  }
  __syncthreads();
  x = threadIdx.x % 32 < blockDim.x / 32 ? parts[threadIdx.x % 32] : 0.f;
  return warpSum(x);
}

__device__ __forceinline__ float blockMax(float x) {
  __shared__ float parts[32];
  x = warpMax(x);
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    parts[threadIdx.x / 32] = x;
  }
  __syncthreads();
  x = threadIdx.x % 32 < blockDim.x / 32 ? parts[threadIdx.x % 32] : -INFINITY;
  return warpMax(x);
}

#define LOG2E 1.4426950408889634f

__device__ __forceinline__ float power2(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

__device__ __forceinline__ int64 globalIndex() {
  return (int64)blockIdx.x * blockDim.x + threadIdx.x;
}

// The 8 by 8 matrix of which each lane holds two neighbours of a row, transposed.
__device__ __forceinline__ unsigned turned(unsigned pair) {
  unsigned result;
  asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(result) : "r"(pair));
  return result;
}
