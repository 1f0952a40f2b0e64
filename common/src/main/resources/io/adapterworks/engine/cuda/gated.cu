// The products of a gated feed-forward block with SwiGLU or its backward behind them; after
// finished.cu. Backward's last turn is not shared: it is slower for the registers that this takes.

#define ROWS_AT_ONCE 2
#define HIGHEST_POWER 1e18f

// The logistic function of two numbers, by one division.
__device__ __forceinline__ void logistic(float x, float y, float& ofX, float& ofY) {
  float a = 1.f + fminf(__expf(-x), HIGHEST_POWER), b = 1.f + fminf(__expf(-y), HIGHEST_POWER);
  float inverse = __fdividef(1.f, a * b);
  ofX = inverse * b;
  ofY = inverse * a;
}

__device__ __forceinline__ unsigned activate(unsigned gates, unsigned ups) {
  float x, y;
  logistic(lower(gates), upper(gates), x, y);
  return pack(lower(gates) * x * lower(ups), upper(gates) * y * upper(ups));
}

// gate and up become their gradients, dy is that of the activations.
__device__ __forceinline__ void differentiate(unsigned dy, unsigned& gates, unsigned& ups) {
  float gradient[2] = {lower(dy), upper(dy)};
  float g[2] = {lower(gates), upper(gates)}, u[2] = {lower(ups), upper(ups)};
  float s[2];
  logistic(g[0], g[1], s[0], s[1]);
#pragma unroll
  for (int e = 0; e < 2; e++) {
    float silu = g[e] * s[e];
    g[e] = gradient[e] * u[e] * (s[e] + silu * (1.f - s[e]));
    u[e] = gradient[e] * silu;
  }
  gates = pack(g[0], g[1]);
  ups = pack(u[0], u[1]);
}

// The activations. Panels hold gate, then up, of 128 columns, which one thread has the copy engine take
// away.
struct Activate {
  static const int ROWS_OF_DEPTH = 0, WIDTH = HALF_COLUMNS, SHARES = 1;

  const TensorMap *gate, *up;
  Matrix activated;
  Sizes sizes;

  __device__ __forceinline__ int second(int column) const { return sizes.columns + column; }

  __device__ __forceinline__ void run(Panels& panels, int row, int column) const {
    int thread = threadIdx.x - FIRST_FINISHER, vector = thread % 16;
    bool there = column + vector * 8 < sizes.columns;
    bf16* to = activated.data + column + vector * 8;
    waitBarrier(panels.written, panels.round);
    if (thread == 0) {
#pragma unroll
      for (int p = 0; p < PANELS; p++) {
        deliver(p < 2 ? gate : up, column + p % 2 * 64, row, panels.panel(p));
      }
      commitDeliveries();
    }
#pragma unroll 4
    for (int at = thread / 16; at < 64; at += FINISHERS / 16) {
      uint4 gates = vectorAt(panels.panel(vector / 8), at, vector % 8);
      uint4 ups = vectorAt(panels.panel(2 + vector / 8), at, vector % 8);
      if (there && row + at < sizes.rows) {
        *(uint4*)(to + (row + at) * activated.stride) =
            make_uint4(activate(gates.x, ups.x), activate(gates.y, ups.y), activate(gates.z, ups.z),
                       activate(gates.w, ups.w));
      }
    }
    if (thread == 0) {
      waitDeliveries<0>();
    }
    arriveAt(panels.read);
    panels.round ^= 1;
  }
};

// A warp's next rows of gate and up, each lane eight neighbours of each.
struct Asked {
  uint4 gates[ROWS_AT_ONCE], ups[ROWS_AT_ONCE];

  // From this row of gate on every FINISHERS / 32nd, as far as there are so many rows.
  __device__ __forceinline__ void ask(const bf16* gate, int64 stride, int columns, int rows) {
#pragma unroll
    for (int r = 0; r < ROWS_AT_ONCE; r++) {
      gates[r] = ups[r] = make_uint4(0, 0, 0, 0);
      if (r * (FINISHERS / 32) < rows) {
        gates[r] = streamed(gate);
        ups[r] = streamed(gate + columns);
      }
      gate += stride;
    }
  }
};

// Gate and up become their gradients; panels hold that of the activations, of 256 columns. A warp takes
// whole rows, and asks for gate and up ahead.
struct Differentiate {
  static const int ROWS_OF_DEPTH = 1, WIDTH = TILE_COLUMNS, SHARES = 0;

  Matrix gate;
  Sizes sizes;

  __device__ __forceinline__ int second(int column) const { return column; }

  __device__ __forceinline__ void run(Panels& panels, int row, int column) const {
    const int warps = FINISHERS / 32;
    int lane = threadIdx.x % 32, at = (threadIdx.x - FIRST_FINISHER) / 32;
    int rows = column + lane * 8 < sizes.columns ? min(64, sizes.rows - row) - at : 0;
    bf16* to = gate.data + (row + at) * gate.stride + column + lane * 8;
    int64 stride = warps * gate.stride;
    Asked next;
    next.ask(to, stride, sizes.columns, rows);
    waitBarrier(panels.written, panels.round);
#pragma unroll 1
    for (; at < 64; at += warps * ROWS_AT_ONCE) {
      Asked now = next;
      next.ask(to + ROWS_AT_ONCE * stride, stride, sizes.columns, rows - warps * ROWS_AT_ONCE);
#pragma unroll
      for (int r = 0; r < ROWS_AT_ONCE; r++) {
        if (r * warps < rows) {
          uint4 dy = vectorAt(panels.panel(lane / 8), at + r * warps, lane % 8);
          differentiate(dy.x, now.gates[r].x, now.ups[r].x);
          differentiate(dy.y, now.gates[r].y, now.ups[r].y);
          differentiate(dy.z, now.gates[r].z, now.ups[r].z);
          differentiate(dy.w, now.gates[r].w, now.ups[r].w);
          *(uint4*)to = now.gates[r];
          *(uint4*)(to + sizes.columns) = now.ups[r];
        }
        to += stride;
      }
      rows -= warps * ROWS_AT_ONCE;
    }
    arriveAt(panels.read);
    panels.round ^= 1;
  }
};

// gate(rows, F) and up(rows, F) = x(rows, depth) WT, W(2 F, depth); activated(rows, F) = silu(gate) up.
// Maps of gate and up have boxes of 64 rows.
extern "C" __global__ void __launch_bounds__(384, 1)
    gated_forward(const __grid_constant__ TensorMap x, const __grid_constant__ TensorMap weight,
                  const __grid_constant__ TensorMap gate, const __grid_constant__ TensorMap up,
                  bf16* activated, int64 stride, int rows, int depth, int columns) {
  Sizes sizes = {rows, depth, columns};
  multiplyAndFinish(&x, &weight, Activate{&gate, &up, {activated, stride}, sizes}, sizes);
}

// gate(rows, F) and, F columns further on, up become their own gradients, from that of the
// activations, which is dy(rows, depth) W(depth, F).
extern "C" __global__ void __launch_bounds__(384, 1)
    gated_backward(const __grid_constant__ TensorMap dy, const __grid_constant__ TensorMap weight,
                   bf16* gate, int64 stride, int rows, int depth, int columns) {
  Sizes sizes = {rows, depth, columns};
  multiplyAndFinish(&dy, &weight, Differentiate{{gate, stride}, sizes}, sizes);
}
