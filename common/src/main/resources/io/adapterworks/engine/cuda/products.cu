// Large products in bfloat16, for compute capability 9.0, whose epilogue may compute with what the
// tensor cores leave in registers before it is written. One
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

// By one thread: keeps the ring full. Where the epilogue reads matrices, their parts follow the
// products' tiles; the L2 cache has them by then, since all blocks want theirs at about the same time.
// A Kind says how wide a tile's columns are, whether the right matrix lies by rows of its depth, and
// which parts the epilogue reads.
template <class Kind>
__device__ __forceinline__ void fillRing(Ring ring, const TensorMap* left, const TensorMap* right,
                                         const Kind& kind, Sizes sizes) {
  Tiles tiles(sizes, Kind::WIDTH);
  int steps = (sizes.depth + DEPTH - 1) / DEPTH;
  for (int i = blockIdx.x; i < tiles.total; i += gridDim.x) {
    int row, column;
    tiles.at(i, row, column);
    row *= TILE_ROWS;
    column *= Kind::WIDTH;
    for (int step = 0; step < steps; step++) {
      waitBarrier(ring.emptied(), ring.round ^ 1);
      expectBytes(ring.filled(), STAGE_BYTES);
      fetch(ring.buffer(), left, step * DEPTH, row, ring.filled());
      unsigned to = ring.buffer() + LEFT_BYTES;
      if (Kind::BY_ROWS) {
#pragma unroll
        for (int p = 0; p < 4; p++) {
          fetch(to + p * PANEL_BYTES, right, column + p * 64, step * DEPTH, ring.filled());
        }
      } else {
        fetch(to, right, step * DEPTH, column, ring.filled());
        fetch(to + RIGHT_BYTES / 2, right, step * DEPTH, kind.secondHalf(column, sizes),
              ring.filled());
      }
      int ahead = step - max(0, steps - STEPS_AHEAD);
      if (ahead >= 0 && ahead < 8) {
        for (int m = 0; m < kind.reads(); m++) {
          fetchAhead(kind.read(m), column + ahead / 2 * 64, row + ahead % 2 * 64);
        }
      }
      ring.advance();
    }
    for (int p = 0; p < 4 && kind.reads() > 0; p++) {
      waitBarrier(ring.emptied(), ring.round ^ 1);
      expectBytes(ring.filled(), 2 * kind.reads() * PANEL_BYTES);
      for (int m = 0; m < kind.reads(); m++) {
        for (int half = 0; half < 2; half++) {
          fetch(ring.buffer() + (2 * m + half) * PANEL_BYTES, kind.read(m), column + p * 64,
                row + half * 64, ring.filled());
        }
      }
      ring.advance();
    }
  }
}

// By a warpgroup: d(64, 256) of its next tile.
template <class Kind>
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
      multiply<Kind::BY_ROWS>(d, describe(left + k * 32),
                              describe(right + k * (Kind::BY_ROWS ? 2048 : 32)), step > 0 || k > 0);
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

// By one thread: takes a warpgroup's panels away, Kind::PARTS of each tile.
template <class Kind>
__device__ __forceinline__ void deliverPanels(Panels panels, int warpgroup, const Kind& kind,
                                              Sizes sizes) {
  Tiles tiles(sizes, Kind::WIDTH);
  Panels before = panels;
  int waiting = 0;
  for (int i = blockIdx.x; i < tiles.total; i += gridDim.x) {
    int row, column;
    tiles.at(i, row, column);
    for (int part = 0; part < Kind::PARTS; part++) {
      waitBarrier(panels.done(), panels.round);
      kind.deliverPart(part, column * Kind::WIDTH, row * TILE_ROWS + warpgroup * 64,
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

// By one thread: takes what was read and written in the ring's buffers away, and empties them.
template <class Kind>
__device__ __forceinline__ void deliverBuffers(Ring ring, const Kind& kind, Sizes sizes) {
  Tiles tiles(sizes, Kind::WIDTH);
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
      for (int m = 0; m < kind.reads(); m++) {
        for (int half = 0; half < 2; half++) {
          deliver(kind.written(m), column * Kind::WIDTH + part * 64, row * TILE_ROWS + half * 64,
                  ring.buffer() + (2 * m + half) * PANEL_BYTES);
        }
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

extern __shared__ __align__(1024) char productMemory[];

// A block of any of these kernels. The epilogue of a kind that reads writes the ring's buffers, that of
// another writes panels.
template <class Kind>
__device__ __forceinline__ void productBlock(const TensorMap* left, const TensorMap* right,
                                             const Kind& kind, Sizes sizes) {
  __shared__ __align__(8) unsigned long long barriers[3 * STAGES + 4 * PANELS];
  Ring ring;
  ring.tiles = (sharedAddress(productMemory) + 1023) & ~1023u;
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
      fillRing(ring, left, right, kind, sizes);
    } else if (kind.reads() > 0 && threadIdx.x == 32) {
      deliverBuffers(ring, kind, sizes);
    } else if (kind.reads() == 0 && (threadIdx.x == 32 || threadIdx.x == 64)) {
      int warpgroup = threadIdx.x / 64;
      deliverPanels(panelsOf(warpgroup), warpgroup, kind, sizes);
    }
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 232;");
    Tiles tiles(sizes, Kind::WIDTH);
    int steps = (sizes.depth + DEPTH - 1) / DEPTH;
    int warpgroup = threadIdx.x / WARPGROUP_THREADS - 1;
    Panels panels = panelsOf(warpgroup);
    float d[128];
    for (int i = blockIdx.x; i < tiles.total; i += gridDim.x) {
      multiplyTile<Kind>(d, ring, warpgroup, steps);
      kind.write(d, ring, panels, warpgroup);
    }
  }
}
