// Products whose results others finish, so that what the tensor cores leave in registers is not
// written, read and written again. Compute capability 9.0: one thread has the copy engine keep a ring
// of buffers full, two warpgroups multiply 64 rows by 256 columns each and leave them in shared memory
// as bf16, and three warps turn these into what is wanted while the next tile is multiplied. Blocks
// stay, one on each multiprocessor, and walk over tiles of 128 rows and 256 columns, in groups of rows
// that the L2 cache holds. Where the last turn would leave half of the blocks idle, two may share a
// tile, each taking 64 rows, and the warpgroups share the depth.
//
// A "Finish" says what product it is and finishes it:
//   ROWS_OF_DEPTH  0 for x WT, W(columns, depth), 1 for x W, W(depth, columns)
//   WIDTH          columns of the result that a tile takes: 256, or 128 where it takes as many twice
//   SHARES         whether two blocks may share a tile of the last turn
//   second(column) where a tile's second 128 rows of W begin (ROWS_OF_DEPTH 0)
//   run(panels, row, column)  by the finishing warps: 64 rows, from this row and column on

#define TILE_ROWS 128
#define TILE_COLUMNS 256
#define HALF_COLUMNS 128
#define HALF_ROWS 64
#define DEPTH 64
#define STAGES 3
#define PANELS 4
#define LEFT_BYTES (TILE_ROWS * DEPTH * 2)
#define RIGHT_BYTES (TILE_COLUMNS * DEPTH * 2)
#define STAGE_BYTES (LEFT_BYTES + RIGHT_BYTES)
#define WARPGROUP_THREADS 128
#define FIRST_FINISHER 32
#define FINISHERS (WARPGROUP_THREADS - FIRST_FINISHER)
#define GROUP_TILES 16

// Sizes of a product; columns are those that tiles are counted by.
struct Sizes {
  int rows, depth, columns;
};

// A matrix of vectors of eight in memory.
struct Matrix {
  bf16* data;
  int64 stride;
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

#define FOUR(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define SIXTEEN(i) FOUR(i), FOUR(i + 4), FOUR(i + 8), FOUR(i + 12)

// d(64, 256) = or += a(64, 16) b(16, 256); b lies by columns, or where ROWS_OF_DEPTH is 1 by rows.
template <int ROWS_OF_DEPTH>
__device__ __forceinline__ void multiply(float* d, unsigned a, unsigned b, int add) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %130, 0;\n" WHOLE("a", "%128") WHOLE("b", "%129")
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
      "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "
      "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "
      "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, "
      "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
      "}, a, b, p, 1, 1, 0, %131; }"
      : SIXTEEN(0), SIXTEEN(16), SIXTEEN(32), SIXTEEN(48), SIXTEEN(64), SIXTEEN(80), SIXTEEN(96),
        SIXTEEN(112)
      : "r"(a), "r"(b), "r"(add), "n"(ROWS_OF_DEPTH));
}

// Where the ring stands, and whether it went round an odd number of times.
struct Ring {
  unsigned tiles, full, empty;
  int stage;
  unsigned round;

  __device__ __forceinline__ unsigned buffer() const { return tiles + stage * STAGE_BYTES; }
  __device__ __forceinline__ unsigned filled() const { return full + 8 * stage; }
  __device__ __forceinline__ unsigned emptied() const { return empty + 8 * stage; }

  __device__ __forceinline__ void advance() {
    if (++stage == STAGES) {
      stage = 0;
      round ^= 1;
    }
  }
};

// What a multiplying warpgroup leaves of a tile: 64 rows in panels of 64 columns. Round is odd at
// every other tile.
struct Panels {
  unsigned memory, written, read, round;

  __device__ __forceinline__ unsigned panel(int i) const { return memory + i * PANEL_BYTES; }
};

// The places of the tiles of a product.
struct Tiles {
  int rows, columns, total;

  __device__ __forceinline__ Tiles(const Sizes& sizes, int width)
      : rows((sizes.rows + TILE_ROWS - 1) / TILE_ROWS),
        columns((sizes.columns + width - 1) / width),
        total(rows * columns) {}

  // The row and the column, in tiles, of tile i.
  __device__ __forceinline__ void at(int i, int& row, int& column) const {
    int group = i / (GROUP_TILES * columns);
    int within = i - group * GROUP_TILES * columns;
    int height = min(GROUP_TILES, rows - group * GROUP_TILES);
    row = group * GROUP_TILES + within % height;
    column = within / height;
  }
};

// What a block does in a turn: a tile from this row and column on, or the half of it.
struct Turn {
  int row, column;
  bool half;

  // False where nothing is left for the block.
  template <class Finish>
  __device__ __forceinline__ bool take(int turn, const Tiles& tiles) {
    int dealt = turn * gridDim.x, left = tiles.total - dealt;
    half = Finish::SHARES && 2 * left <= (int)gridDim.x;
    int share = half ? blockIdx.x / 2 : blockIdx.x;
    if (share >= left) {
      return false;
    }
    tiles.at(dealt + share, row, column);
    row = row * TILE_ROWS + (half ? blockIdx.x % 2 * HALF_ROWS : 0);
    column *= Finish::WIDTH;
    return true;
  }
};

// By one thread: keeps the ring full.
template <class Finish>
__device__ __forceinline__ void fillRing(Ring ring, const TensorMap* left, const TensorMap* right,
                                         const Finish& finish, Sizes sizes) {
  Tiles tiles(sizes, Finish::WIDTH);
  int steps = (sizes.depth + DEPTH - 1) / DEPTH;
  Turn turn;
  for (int i = 0; turn.take<Finish>(i, tiles); i++) {
    int row = turn.row, column = turn.column;
    for (int step = 0; step < steps; step++) {
      waitBarrier(ring.emptied(), ring.round ^ 1);
      expectBytes(ring.filled(), STAGE_BYTES);
      fetch(ring.buffer(), left, step * DEPTH, row, ring.filled());
      unsigned to = ring.buffer() + LEFT_BYTES;
      if (Finish::ROWS_OF_DEPTH) {
#pragma unroll
        for (int p = 0; p < 4; p++) {
          fetch(to + p * PANEL_BYTES, right, column + p * 64, step * DEPTH, ring.filled());
        }
      } else {
        fetch(to, right, step * DEPTH, column, ring.filled());
        fetch(to + RIGHT_BYTES / 2, right, step * DEPTH, finish.second(column), ring.filled());
      }
      ring.advance();
    }
  }
}

// By a warpgroup: d(64, 256) = or += the product of 64 rows on the left, from "row" on, with what is in
// the ring's stage; waits for it.
template <int ROWS_OF_DEPTH>
__device__ __forceinline__ void multiplyStage(float* d, const Ring& ring, int row, bool add) {
  unsigned left = describe(ring.buffer() + row * (LEFT_BYTES / TILE_ROWS));
  unsigned right = describe(ring.buffer() + LEFT_BYTES);
  startProducts();
#pragma unroll
  for (int k = 0; k < DEPTH / 16; k++) {
    multiply<ROWS_OF_DEPTH>(d, left + COLUMN_STEP(k),
                            right + (ROWS_OF_DEPTH ? ROW_STEP(k) : COLUMN_STEP(k)), add || k > 0);
  }
  finishProducts();
}

// By each multiplying warp: lets go of the ring's stage. Nothing but products holds the warps of a
// warpgroup together, and multiplyHalf skips steps.
__device__ __forceinline__ void release(Ring& ring) {
  __syncwarp();
  if (threadIdx.x % 32 == 0) {
    arriveAt(ring.emptied());
  }
  ring.advance();
}

// By a warpgroup: d(64, 256) of its next tile.
template <int ROWS_OF_DEPTH>
__device__ __forceinline__ void multiplyTile(float* d, Ring& ring, int warpgroup, int steps) {
  for (int step = 0; step < steps; step++) {
    waitBarrier(ring.filled(), ring.round);
    multiplyStage<ROWS_OF_DEPTH>(d, ring, warpgroup * HALF_ROWS, step > 0);
    release(ring);
  }
}

// By both multiplying warpgroups: d(64, 256) of the upper half of the next tile, in the first one. Each
// takes every other step; the second one's sums go through the memory of both's panels.
template <int ROWS_OF_DEPTH>
__device__ __forceinline__ void multiplyHalf(float* d, Ring& ring, int warpgroup, int steps,
                                             const Panels* panels, unsigned round) {
#pragma unroll
  for (int i = 0; i < 128; i++) {
    d[i] = 0.f;
  }
  for (int step = 0; step < steps; step++) {
    waitBarrier(ring.filled(), ring.round);
    if (step % 2 == warpgroup) {
      multiplyStage<ROWS_OF_DEPTH>(d, ring, 0, true);
    }
    release(ring);
  }
  for (int i = 0; i < 2; i++) {
    waitBarrier(panels[i].read, round ^ 1);
  }
  unsigned at = panels[0].memory + threadIdx.x % WARPGROUP_THREADS * 4;
  if (warpgroup == 1) {
#pragma unroll
    for (int i = 0; i < 128; i++) {
      asm volatile("st.shared.f32 [%0], %1;" ::"r"(at + i * WARPGROUP_THREADS * 4), "f"(d[i])
                   : "memory");
    }
  }
  asm volatile("bar.sync 1, %0;" ::"n"(2 * WARPGROUP_THREADS) : "memory");
  if (warpgroup == 0) {
#pragma unroll
    for (int i = 0; i < 128; i++) {
      float other;
      asm volatile("ld.shared.f32 %0, [%1];"
                   : "=f"(other)
                   : "r"(at + i * WARPGROUP_THREADS * 4)
                   : "memory");
      d[i] += other;
    }
    asm volatile("bar.sync 2, %0;" ::"n"(WARPGROUP_THREADS) : "memory");
  }
}

// This thread's row of fragments in a panel of 64 rows and 64 columns: the warp's 16 rows, columns
// from 8 i on, as storeFragments takes it.
__device__ __forceinline__ unsigned fragmentsAt(unsigned panel, int i) {
  int lane = threadIdx.x % 32, row = threadIdx.x % WARPGROUP_THREADS / 32 * 16 + lane % 16;
  return panel + row * 128 + ((i + lane / 16) ^ (row & 7)) * 16;
}

// 16 rows and columns of a panel, as accumulators lie: the upper left, lower left, upper right and
// lower right eight by eight.
__device__ __forceinline__ void storeFragments(unsigned at, const unsigned* from) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(at),
               "r"(from[0]), "r"(from[1]), "r"(from[2]), "r"(from[3])
               : "memory");
}

// By a multiplying warpgroup: d as bf16, for those who finish the tile.
__device__ __forceinline__ void leave(const float* d, Panels& panels) {
  waitBarrier(panels.read, panels.round ^ 1);
#pragma unroll
  for (int part = 0; part < PANELS; part++) {
#pragma unroll
    for (int i = 0; i < 8; i += 2) {
      unsigned words[4];
#pragma unroll
      for (int k = 0; k < 4; k++) {
        const float* from = d + (part * 8 + i + k / 2) * 4 + k % 2 * 2;
        words[k] = pack(from[0], from[1]);
      }
      storeFragments(fragmentsAt(panels.panel(part), i), words);
    }
  }
  publish(panels.written);
  panels.round ^= 1;
}

// Eight neighbours in a row of a panel.
__device__ __forceinline__ uint4 vectorAt(unsigned panel, int row, int i) {
  uint4 result;
  asm volatile("ld.shared.v4.b32 {%0, %1, %2, %3}, [%4];"
               : "=r"(result.x), "=r"(result.y), "=r"(result.z), "=r"(result.w)
               : "r"(panel + row * 128 + (i ^ (row & 7)) * 16)
               : "memory");
  return result;
}

// Eight neighbours in memory that will not be read again before others need the cache.
__device__ __forceinline__ uint4 streamed(const bf16* from) {
  uint4 result;
  asm volatile("ld.global.cs.v4.b32 {%0, %1, %2, %3}, [%4];"
               : "=r"(result.x), "=r"(result.y), "=r"(result.z), "=r"(result.w)
               : "l"(from)
               : "memory");
  return result;
}

__device__ __forceinline__ float lower(unsigned pair) { return __uint_as_float(pair << 16); }
__device__ __forceinline__ float upper(unsigned pair) {
  return __uint_as_float(pair & 0xffff0000u);
}

extern __shared__ __align__(1024) char productMemory[];

// Maps: of x, boxes of 128 rows; of W, of 128 rows, or of 64 with ROWS_OF_DEPTH; all of 64 columns,
// swizzled by 128 bytes. As many blocks as there are multiprocessors.
template <class Finish>
__device__ __forceinline__ void multiplyAndFinish(const TensorMap* left, const TensorMap* right,
                                                  const Finish& finish, Sizes sizes) {
  __shared__ __align__(8) unsigned long long barriers[2 * STAGES + 4];
  Ring ring;
  ring.tiles = (sharedAddress(productMemory) + 1023) & ~1023u;
  ring.full = sharedAddress(barriers);
  ring.empty = ring.full + 8 * STAGES;
  ring.stage = 0;
  ring.round = 0;
  Panels panels[2];
#pragma unroll
  for (int i = 0; i < 2; i++) {
    panels[i].memory = ring.tiles + STAGES * STAGE_BYTES + i * PANELS * PANEL_BYTES;
    panels[i].written = ring.empty + 8 * (STAGES + i);
    panels[i].read = panels[i].written + 16;
    panels[i].round = 0;
  }
  if (threadIdx.x == 0) {
    for (int i = 0; i < STAGES; i++) {
      initBarrier(ring.full + 8 * i, 1);
      initBarrier(ring.empty + 8 * i, 2 * WARPGROUP_THREADS / 32);
    }
    for (int i = 0; i < 2; i++) {
      initBarrier(panels[i].written, WARPGROUP_THREADS);
      initBarrier(panels[i].read, FINISHERS);
    }
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  __syncthreads();
  Tiles tiles(sizes, Finish::WIDTH);
  Turn turn;
  if (threadIdx.x < WARPGROUP_THREADS) {
    FEWER_REGISTERS(104);
    if (threadIdx.x == 0) {
      fillRing(ring, left, right, finish, sizes);
    } else if (threadIdx.x >= FIRST_FINISHER) {
      for (int i = 0; turn.take<Finish>(i, tiles); i++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
          if (half == 1 && turn.half) {
            continue;
          }
          finish.run(panels[half], turn.row + half * HALF_ROWS, turn.column);
        }
      }
    }
  } else {
    MORE_REGISTERS(200);
    int steps = (sizes.depth + DEPTH - 1) / DEPTH;
    // By way of a shuffle, so that the compiler knows that it is the same for all of a warp.
    int warpgroup = __shfl_sync(0xffffffffu, threadIdx.x / WARPGROUP_THREADS, 0) - 1;
    Panels mine = panels[0];
    if (warpgroup == 1) {
      mine = panels[1];
    }
    float d[128];
    for (int i = 0; turn.take<Finish>(i, tiles); i++) {
      if (Finish::SHARES && turn.half) {
        multiplyHalf<Finish::ROWS_OF_DEPTH>(d, ring, warpgroup, steps, panels, mine.round);
      } else {
        multiplyTile<Finish::ROWS_OF_DEPTH>(d, ring, warpgroup, steps);
      }
      if (!turn.half || warpgroup == 0) {
        leave(d, mine);
      }
    }
  }
}
