// Products of a gated feed-forward block whose epilogue is SwiGLU or its backward, so that what the
// tensor cores leave in registers is not written, read and written again. Compute capability 9.0: one
// thread has the copy engine keep a ring of buffers full, two warpgroups multiply 64 rows by 256
// columns each, and others have the copy engine take what these wrote to shared memory away. Blocks
// stay, one on each multiprocessor, and walk over tiles of 128 rows and 256 columns, in groups of as
// many tiles of rows as the L2 cache holds (8 MiB).

#define TILE_ROWS 128
#define TILE_COLUMNS 256
#define HALF_COLUMNS 128
#define DEPTH 64
#define STAGES 3
#define PANELS 5
#define LEFT_BYTES (TILE_ROWS * DEPTH * 2)
#define RIGHT_BYTES (TILE_COLUMNS * DEPTH * 2)
#define STAGE_BYTES (LEFT_BYTES + RIGHT_BYTES)
#define PANEL_BYTES 8192
#define WARPGROUP_THREADS 128
#define GROUP_DEPTH 32768
#define STEPS_AHEAD 14
#define HIGHEST_POWER 1e18f

// Sizes of a product: rows, depth, and F, the columns of gate, of up and of the activations.
struct Sizes {
  int rows, depth, columns;
};

// Starts a copy out of shared memory; what lies outside of the matrix is left out.
__device__ __forceinline__ void deliver(const TensorMap* map, int column, int row, unsigned from) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%2, %3}], [%1];" ::"l"(
                   map),
               "r"(from), "r"(column), "r"(row)
               : "memory");
}

__device__ __forceinline__ void commitDeliveries() {
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

// Waits until at most so many groups of deliveries still read shared memory.
template <int LEFT>
__device__ __forceinline__ void waitDeliveries() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(LEFT) : "memory");
}

// What this thread wrote to shared memory is there for the copy engine; it says so.
__device__ __forceinline__ void publish(unsigned barrier) {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  arriveAt(barrier);
}

// How the tensor cores find a tile: 128-byte swizzling, groups of eight rows 1024 bytes apart, and
// panels of 64 columns, where the tile has its depth in rows, PANEL_BYTES apart.
__device__ __forceinline__ unsigned long long describe(unsigned address) {
  return (unsigned long long)(address >> 4 & 0x3fff) |
         (unsigned long long)(PANEL_BYTES >> 4) << 16 | (unsigned long long)(1024 >> 4) << 32 |
         1ull << 62;
}

#define FOUR(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define SIXTEEN(i) FOUR(i), FOUR(i + 4), FOUR(i + 8), FOUR(i + 12)

// d(64, 256) = or += a(64, 16) b(16, 256); b lies by columns, or where ROWS_OF_DEPTH is 1 by rows.
template <int ROWS_OF_DEPTH>
__device__ __forceinline__ void multiply(float* d, unsigned long long a, unsigned long long b,
                                         int add) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %130, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
      "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "
      "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "
      "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, "
      "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
      "}, %128, %129, p, 1, 1, 0, %131; }"
      : SIXTEEN(0), SIXTEEN(16), SIXTEEN(32), SIXTEEN(48), SIXTEEN(64), SIXTEEN(80), SIXTEEN(96),
        SIXTEEN(112)
      : "l"(a), "l"(b), "r"(add), "n"(ROWS_OF_DEPTH));
}

__device__ __forceinline__ void startProducts() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void commitProducts() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

template <int LEFT>
__device__ __forceinline__ void waitProducts() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(LEFT) : "memory");
}

// Where the ring stands, and whether it went round an odd number of times. In backward buffers that
// held gate and up are written by both warpgroups before they are emptied.
struct Ring {
  unsigned tiles, full, empty, written;
  int stage;
  unsigned round;

  __device__ __forceinline__ unsigned buffer() const { return tiles + stage * STAGE_BYTES; }
  __device__ __forceinline__ unsigned filled() const { return full + 8 * stage; }
  __device__ __forceinline__ unsigned emptied() const { return empty + 8 * stage; }
  __device__ __forceinline__ unsigned done() const { return written + 8 * stage; }

  __device__ __forceinline__ void advance() {
    if (++stage == STAGES) {
      stage = 0;
      round ^= 1;
    }
  }
};

// In forward: a warpgroup's panels of 64 rows and columns on their way out, one after the other.
struct Panels {
  unsigned memory, written, read;
  int slot;
  unsigned round;

  __device__ __forceinline__ unsigned panel() const { return memory + slot * PANEL_BYTES; }
  __device__ __forceinline__ unsigned done() const { return written + 8 * slot; }
  __device__ __forceinline__ unsigned emptied() const { return read + 8 * slot; }

  __device__ __forceinline__ void advance() {
    if (++slot == PANELS) {
      slot = 0;
      round ^= 1;
    }
  }
};

// The places of the tiles of a product.
struct Tiles {
  int rows, columns, total, group;

  __device__ __forceinline__ Tiles(const Sizes& sizes, int width)
      : rows((sizes.rows + TILE_ROWS - 1) / TILE_ROWS),
        columns((sizes.columns + width - 1) / width),
        total(rows * columns),
        group(max(1, (GROUP_DEPTH + sizes.depth / 2) / sizes.depth)) {}

  // The row and the column, in tiles, of tile i.
  __device__ __forceinline__ void at(int i, int& row, int& column) const {
    int first = i / (group * columns) * group;
    int within = i - first * columns;
    int height = min(group, rows - first);
    row = first + within % height;
    column = within / height;
  }
};

// By one thread: keeps the ring full. In backward the products' tiles are followed by gate and up, which
// the L2 cache has by then: all blocks want theirs at about the same time.
template <int BACKWARD>
__device__ __forceinline__ void fillRing(Ring ring, const TensorMap* left, const TensorMap* right,
                                         const TensorMap* gate, const TensorMap* up, Sizes sizes) {
  Tiles tiles(sizes, BACKWARD ? TILE_COLUMNS : HALF_COLUMNS);
  int steps = (sizes.depth + DEPTH - 1) / DEPTH;
  for (int i = blockIdx.x; i < tiles.total; i += gridDim.x) {
    int row, column;
    tiles.at(i, row, column);
    row *= TILE_ROWS;
    column *= BACKWARD ? TILE_COLUMNS : HALF_COLUMNS;
    for (int step = 0; step < steps; step++) {
      waitBarrier(ring.emptied(), ring.round ^ 1);
      expectBytes(ring.filled(), STAGE_BYTES);
      fetch(ring.buffer(), left, step * DEPTH, row, ring.filled());
      unsigned to = ring.buffer() + LEFT_BYTES;
      if (BACKWARD) {
#pragma unroll
        for (int p = 0; p < 4; p++) {
          fetch(to + p * PANEL_BYTES, right, column + p * 64, step * DEPTH, ring.filled());
        }
        int ahead = step - max(0, steps - STEPS_AHEAD);
        if (ahead >= 0 && ahead < 8) {
          fetchAhead(gate, column + ahead / 2 * 64, row + ahead % 2 * 64);
          fetchAhead(up, column + ahead / 2 * 64, row + ahead % 2 * 64);
        }
      } else {
        fetch(to, right, step * DEPTH, column, ring.filled());
        fetch(to + RIGHT_BYTES / 2, right, step * DEPTH, sizes.columns + column, ring.filled());
      }
      ring.advance();
    }
    if (BACKWARD) {
      for (int p = 0; p < 4; p++) {
        waitBarrier(ring.emptied(), ring.round ^ 1);
        expectBytes(ring.filled(), 4 * PANEL_BYTES);
        for (int half = 0; half < 2; half++) {
          unsigned to = ring.buffer() + half * PANEL_BYTES;
          fetch(to, gate, column + p * 64, row + half * 64, ring.filled());
          fetch(to + 2 * PANEL_BYTES, up, column + p * 64, row + half * 64, ring.filled());
        }
        ring.advance();
      }
    }
  }
}

// By a warpgroup: d(64, 256) of its next tile.
template <int BACKWARD>
__device__ __forceinline__ void multiplyTile(float* d, Ring& ring, int warpgroup, int steps) {
  bool first = threadIdx.x % WARPGROUP_THREADS == 0;
  unsigned before = 0;
  for (int step = 0; step < steps; step++) {
    waitBarrier(ring.filled(), ring.round);
    unsigned left = ring.buffer() + warpgroup * (LEFT_BYTES / 2);
    unsigned right = ring.buffer() + LEFT_BYTES;
    startProducts();
#pragma unroll
    for (int k = 0; k < DEPTH / 16; k++) {
      multiply<BACKWARD>(d, describe(left + k * 32), describe(right + k * (BACKWARD ? 2048 : 32)),
                         step > 0 || k > 0);
    }
    commitProducts();
    if (step > 0) {
      waitProducts<1>();
      if (first) {
        arriveAt(before);
      }
    }
    before = ring.emptied();
    ring.advance();
  }
  waitProducts<0>();
  if (first) {
    arriveAt(before);
  }
}

// This thread's row of fragments in a panel of 64 rows and 64 columns: the warp's 16 rows, columns
// from 8 i on, as loadFragments and storeFragments take it.
__device__ __forceinline__ unsigned fragmentsAt(unsigned panel, int i) {
  int lane = threadIdx.x % 32, row = threadIdx.x % WARPGROUP_THREADS / 32 * 16 + lane % 16;
  return panel + row * 128 + ((i + lane / 16) ^ (row & 7)) * 16;
}

// 16 rows and columns of a panel, as accumulators lie: the upper left, lower left, upper right and
// lower right eight by eight.
__device__ __forceinline__ void loadFragments(unsigned* to, unsigned at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(at)
               : "memory");
}

__device__ __forceinline__ void storeFragments(unsigned at, const unsigned* from) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(at),
               "r"(from[0]), "r"(from[1]), "r"(from[2]), "r"(from[3])
               : "memory");
}

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

// By one thread: takes a warpgroup's panels away.
__device__ __forceinline__ void deliverForward(Panels panels, int warpgroup, const TensorMap* gate,
                                               const TensorMap* up, const TensorMap* activated,
                                               Sizes sizes) {
  Tiles tiles(sizes, HALF_COLUMNS);
  Panels before = panels;
  int waiting = 0;
  for (int i = blockIdx.x; i < tiles.total; i += gridDim.x) {
    int row, column;
    tiles.at(i, row, column);
    row = row * TILE_ROWS + warpgroup * 64;
    column *= HALF_COLUMNS;
    for (int part = 0; part < 6; part++) {
      int what = part % 3;
      waitBarrier(panels.done(), panels.round);
      deliver(what == 0 ? gate : what == 1 ? up : activated, column + part / 3 * 64, row,
              panels.panel());
      commitDeliveries();
      panels.advance();
      if (waiting == 2) {
        waitDeliveries<2>();
        arriveAt(before.emptied());
        before.advance();
      } else {
        waiting++;
      }
    }
  }
  waitDeliveries<0>();
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

// By one thread: takes the gradients of gate and up away, and empties their buffers.
__device__ __forceinline__ void deliverBackward(Ring ring, const TensorMap* gate,
                                                const TensorMap* up, Sizes sizes) {
  Tiles tiles(sizes, TILE_COLUMNS);
  int steps = (sizes.depth + DEPTH - 1) / DEPTH;
  unsigned uses = 0;
  for (int i = blockIdx.x; i < tiles.total; i += gridDim.x) {
    int row, column;
    tiles.at(i, row, column);
    for (int step = 0; step < steps; step++) {
      ring.advance();
    }
    unsigned before = 0;
    for (int part = 0; part < 4; part++) {
      waitBarrier(ring.done(), uses >> ring.stage & 1);
      uses ^= 1u << ring.stage;
      for (int half = 0; half < 2; half++) {
        unsigned gates = ring.buffer() + half * PANEL_BYTES;
        int toRow = row * TILE_ROWS + half * 64, toColumn = column * TILE_COLUMNS + part * 64;
        deliver(gate, toColumn, toRow, gates);
        deliver(up, toColumn, toRow, gates + 2 * PANEL_BYTES);
      }
      commitDeliveries();
      if (part > 0) {
        waitDeliveries<1>();
        arriveTwice(before);
      }
      before = ring.emptied();
      ring.advance();
    }
    waitDeliveries<0>();
    arriveTwice(before);
  }
}

extern __shared__ __align__(1024) char gatedMemory[];

template <int BACKWARD>
__device__ __forceinline__ void gatedProduct(const TensorMap* left, const TensorMap* right,
                                             const TensorMap* gate, const TensorMap* up,
                                             const TensorMap* activated, Sizes sizes) {
  __shared__ __align__(8) unsigned long long barriers[3 * STAGES + 4 * PANELS];
  Ring ring;
  ring.tiles = (sharedAddress(gatedMemory) + 1023) & ~1023u;
  ring.full = sharedAddress(barriers);
  ring.empty = ring.full + 8 * STAGES;
  ring.written = ring.empty + 8 * STAGES;
  ring.stage = 0;
  ring.round = 0;
  if (threadIdx.x == 0) {
    for (int i = 0; i < STAGES; i++) {
      initBarrier(ring.full + 8 * i, 1);
      initBarrier(ring.empty + 8 * i, 2);
      initBarrier(ring.written + 8 * i, 2 * WARPGROUP_THREADS);
    }
    for (int i = 0; i < 2 * PANELS; i++) {
      initBarrier(ring.written + 8 * STAGES + 8 * i, WARPGROUP_THREADS);
      initBarrier(ring.written + 8 * (STAGES + 2 * PANELS) + 8 * i, 1);
    }
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();
  auto panelsOf = [&](int warpgroup) {
    Panels panels;
    panels.memory = ring.tiles + STAGES * STAGE_BYTES + warpgroup * PANELS * PANEL_BYTES;
    panels.written = ring.written + 8 * (STAGES + warpgroup * PANELS);
    panels.read = panels.written + 8 * 2 * PANELS;
    panels.slot = 0;
    panels.round = 0;
    return panels;
  };
  if (threadIdx.x < WARPGROUP_THREADS) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
    if (threadIdx.x == 0) {
      fillRing<BACKWARD>(ring, left, right, gate, up, sizes);
    } else if (BACKWARD && threadIdx.x == 32) {
      deliverBackward(ring, gate, up, sizes);
    } else if (!BACKWARD && (threadIdx.x == 32 || threadIdx.x == 64)) {
      int warpgroup = threadIdx.x / 64;
      deliverForward(panelsOf(warpgroup), warpgroup, gate, up, activated, sizes);
    }
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
    Tiles tiles(sizes, BACKWARD ? TILE_COLUMNS : HALF_COLUMNS);
    int steps = (sizes.depth + DEPTH - 1) / DEPTH;
    int warpgroup = threadIdx.x / WARPGROUP_THREADS - 1;
    Panels panels = panelsOf(warpgroup);
    float d[128];
    for (int i = blockIdx.x; i < tiles.total; i += gridDim.x) {
      multiplyTile<BACKWARD>(d, ring, warpgroup, steps);
      if (BACKWARD) {
        writeBackward(d, ring, warpgroup);
      } else {
        writeForward(d, panels);
      }
    }
  }
}

// gate(rows, F) and up(rows, F) = x(rows, depth) WT, activated(rows, F) = silu(gate) up.
// As many blocks as there are multiprocessors. Maps: of x, boxes of 128 rows; of W(2 F, depth), 128
// rows; of the others, 64 rows; all of 64 columns, swizzled by 128 bytes.
extern "C" __global__ void __launch_bounds__(384, 1)
    gated_forward(const __grid_constant__ TensorMap x, const __grid_constant__ TensorMap weight,
                  const __grid_constant__ TensorMap gate, const __grid_constant__ TensorMap up,
                  const __grid_constant__ TensorMap activated, int rows, int depth, int columns) {
  gatedProduct<0>(&x, &weight, &gate, &up, &activated, Sizes{rows, depth, columns});
}

// gate(rows, F) and up(rows, F) become their own gradients, from that of the activations, which is
// dy(rows, depth) W(depth, F). Maps: of dy, boxes of 128 rows; of the others, 64 rows.
extern "C" __global__ void __launch_bounds__(384, 1)
    gated_backward(const __grid_constant__ TensorMap dy, const __grid_constant__ TensorMap weight,
                   const __grid_constant__ TensorMap gate, const __grid_constant__ TensorMap up,
                   int rows, int depth, int columns) {
  gatedProduct<1>(&dy, &weight, &gate, &up, 0, Sizes{rows, depth, columns});
}
