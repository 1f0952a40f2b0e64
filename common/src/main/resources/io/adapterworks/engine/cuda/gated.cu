// Products of a gated feed-forward block with SwiGLU or its backward in their epilogue, after
// products.cu.

#define HIGHEST_POWER 1e18f

// The logistic function of two numbers, by one division.
__device__ __forceinline__ void logistic(float x, float y, float& ofX, float& ofY) {
  float a = 1.f + fminf(__expf(-x), HIGHEST_POWER), b = 1.f + fminf(__expf(-y), HIGHEST_POWER);
  float inverse = __fdividef(1.f, a * b);
  ofX = inverse * b;
  ofY = inverse * a;
}

__device__ __forceinline__ unsigned activate(const float* gate, const float* up) {
  float x, y;
  logistic(gate[0], gate[1], x, y);
  return pack(gate[0] * x * up[0], gate[1] * y * up[1]);
}

// d holds 128 columns of gate, then the same of up. They and the activations become panels.
__device__ __forceinline__ void writeForward(const float* d, Panels& panels) {
#pragma unroll
  for (int part = 0; part < 6; part++) {
    int half = part / 3, what = part % 3;
    waitBarrier(panels.emptied(), panels.round ^ 1);
#pragma unroll
    for (int i = 0; i < 8; i += 2) {
      unsigned words[4];
#pragma unroll
      for (int k = 0; k < 4; k++) {
        const float* from = d + (half * 8 + i + k / 2) * 4 + k % 2 * 2;
        words[k] = what == 0   ? pack(from[0], from[1])
                   : what == 1 ? pack(from[64], from[65])
                               : activate(from, from + 64);
      }
      storeFragments(fragmentsAt(panels.panel(), i), words);
    }
    publish(panels.done());
    panels.advance();
  }
}

// gate and up become their gradients, dy is that of the activations.
__device__ __forceinline__ void differentiate(const float* dy, unsigned& gates, unsigned& ups) {
  float g[2] = {__uint_as_float(gates << 16), __uint_as_float(gates & 0xffff0000u)};
  float u[2] = {__uint_as_float(ups << 16), __uint_as_float(ups & 0xffff0000u)};
  float s[2];
  logistic(g[0], g[1], s[0], s[1]);
#pragma unroll
  for (int e = 0; e < 2; e++) {
    float silu = g[e] * s[e];
    g[e] = dy[e] * u[e] * (s[e] + silu * (1.f - s[e]));
    u[e] = dy[e] * silu;
  }
  gates = pack(g[0], g[1]);
  ups = pack(u[0], u[1]);
}

// d holds 256 columns of the activations' gradient. Gate and up come through the ring, 64 columns at
// a time, and become their gradients there.
__device__ __forceinline__ void writeBackward(const float* d, Ring& ring, int warpgroup) {
#pragma unroll
  for (int part = 0; part < 4; part++) {
    waitBarrier(ring.filled(), ring.round);
    unsigned gates = ring.buffer() + warpgroup * PANEL_BYTES, ups = gates + 2 * PANEL_BYTES;
#pragma unroll
    for (int i = 0; i < 8; i += 2) {
      unsigned g[4], u[4];
      loadFragments(g, fragmentsAt(gates, i));
      loadFragments(u, fragmentsAt(ups, i));
#pragma unroll
      for (int k = 0; k < 4; k++) {
        differentiate(d + (part * 8 + i + k / 2) * 4 + k % 2 * 2, g[k], u[k]);
      }
      storeFragments(fragmentsAt(gates, i), g);
      storeFragments(fragmentsAt(ups, i), u);
    }
    publish(ring.done());
    ring.advance();
  }
}

struct GatedForward {
  static const int WIDTH = HALF_COLUMNS;
  static const int BY_ROWS = 0;
  static const int PARTS = 6;

  const TensorMap* gate;
  const TensorMap* up;
  const TensorMap* activated;

  __device__ __forceinline__ int secondHalf(int column, Sizes sizes) const {
    return sizes.columns + column;
  }
  __device__ __forceinline__ int reads() const { return 0; }
  __device__ __forceinline__ const TensorMap* read(int) const { return 0; }
  __device__ __forceinline__ const TensorMap* written(int) const { return 0; }

  __device__ __forceinline__ void deliverPart(int part, int column, int row,
                                              unsigned panel) const {
    int what = part % 3;
    deliver(what == 0 ? gate : what == 1 ? up : activated, column + part / 3 * 64, row, panel);
  }

  __device__ __forceinline__ void write(const float* d, Ring&, Panels& panels, int) const {
    writeForward(d, panels);
  }
};

struct GatedBackward {
  static const int WIDTH = TILE_COLUMNS;
  static const int BY_ROWS = 1;
  static const int PARTS = 0;

  const TensorMap* gate;
  const TensorMap* up;

  __device__ __forceinline__ int secondHalf(int, Sizes) const { return 0; }
  __device__ __forceinline__ int reads() const { return 2; }
  __device__ __forceinline__ const TensorMap* read(int m) const { return m == 0 ? gate : up; }
  __device__ __forceinline__ const TensorMap* written(int m) const { return read(m); }
  __device__ __forceinline__ void deliverPart(int, int, int, unsigned) const {}

  __device__ __forceinline__ void write(const float* d, Ring& ring, Panels&, int warpgroup) const {
    writeBackward(d, ring, warpgroup);
  }
};

// gate(rows, F) and up(rows, F) = x(rows, depth) WT, activated(rows, F) = silu(gate) up.
// As many blocks as there are multiprocessors. Maps: of x, boxes of 128 rows; of W(2 F, depth), 128
// rows; of the others, 64 rows; all of 64 columns, swizzled by 128 bytes.
extern "C" __global__ void __launch_bounds__(384, 1)
    gated_forward(const __grid_constant__ TensorMap x, const __grid_constant__ TensorMap weight,
                  const __grid_constant__ TensorMap gate, const __grid_constant__ TensorMap up,
                  const __grid_constant__ TensorMap activated, int rows, int depth, int columns) {
  productBlock(&x, &weight, GatedForward{&gate, &up, &activated}, Sizes{rows, depth, columns});
}

// gate(rows, F) and up(rows, F) become their own gradients, from that of the activations, which is
// dy(rows, depth) W(depth, F). Maps: of dy, boxes of 128 rows; of the others, 64 rows.
extern "C" __global__ void __launch_bounds__(384, 1)
    gated_backward(const __grid_constant__ TensorMap dy, const __grid_constant__ TensorMap weight,
                   const __grid_constant__ TensorMap gate, const __grid_constant__ TensorMap up,
                   int rows, int depth, int columns) {
  productBlock(&dy, &weight, GatedBackward{&gate, &up}, Sizes{rows, depth, columns});
}
