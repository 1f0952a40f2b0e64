// The products around attention, with what comes between them and it; after finished.cu. Heads of
// HEAD_DIM, 64 or 128.

#define HEADS (TILE_COLUMNS / HEAD_DIM)
#define OUT_ROWS_AT_ONCE 4

// Eight neighbours in a row of 256 columns that panels hold.
__device__ __forceinline__ uint4 resultAt(const Panels& panels, int row, int column) {
  return vectorAt(panels.panel(column / 64), row, column / 8 % 8);
}

// The numbers of a pair of words, each the first of two that are rotated together.
__device__ __forceinline__ void rotatePair(unsigned& first, unsigned& second, float2 cosine,
                                           float2 sine) {
  float a = lower(first), b = upper(first), c = lower(second), d = upper(second);
  first = pack(a * cosine.x - c * sine.x, b * cosine.y - d * sine.y);
  second = pack(c * cosine.x + a * sine.x, d * cosine.y + b * sine.y);
}

// Queries, keys and values, of which the columns before "rotated" turn by the angle of their token's
// position: pairs (i, i + HEAD_DIM / 2) of each head. A thread takes eight pairs of a row of each head.
struct Rotate {
  static const int ROWS_OF_DEPTH = 0, WIDTH = TILE_COLUMNS, SHARES = 0;
  static const int LANES = HEAD_DIM / 16;

  Matrix result;
  const float* table;
  const int* positions;
  int rotated;
  Sizes sizes;

  __device__ __forceinline__ int second(int column) const { return column + HALF_COLUMNS; }

  __device__ __forceinline__ void run(Panels& panels, int row, int column) const {
    int thread = threadIdx.x - FIRST_FINISHER, pairs = thread % LANES * 8;
    int rows = min(64, sizes.rows - row);
    waitBarrier(panels.written, panels.round);
#pragma unroll 2
    for (int at = thread / LANES; at < rows; at += FINISHERS / LANES) {
      float2 cosine[4], sine[4];
      if (column < rotated) {
        const float* angles = table + (int64)positions[row + at] * HEAD_DIM + pairs;
#pragma unroll
        for (int i = 0; i < 4; i++) {
          cosine[i] = *(const float2*)(angles + 2 * i);
          sine[i] = *(const float2*)(angles + HEAD_DIM / 2 + 2 * i);
        }
      }
#pragma unroll
      for (int head = 0; head < HEADS; head++) {
        int from = head * HEAD_DIM + pairs;
        if (column + from < sizes.columns) {
          uint4 first = resultAt(panels, at, from);
          uint4 second = resultAt(panels, at, from + HEAD_DIM / 2);
          if (column + from < rotated) {
            rotatePair(first.x, second.x, cosine[0], sine[0]);
            rotatePair(first.y, second.y, cosine[1], sine[1]);
            rotatePair(first.z, second.z, cosine[2], sine[2]);
            rotatePair(first.w, second.w, cosine[3], sine[3]);
          }
          bf16* to = result.data + (row + at) * result.stride + column + from;
          *(uint4*)to = first;
          *(uint4*)(to + HEAD_DIM / 2) = second;
        }
      }
    }
    arriveAt(panels.read);
    panels.round ^= 1;
  }
};

// The sum of the products of two pairs of numbers.
__device__ __forceinline__ float dot(unsigned a, unsigned b) {
  return lower(a) * lower(b) + upper(a) * upper(b);
}

// What attention gave its gradient, and delta(heads, rows): the sum over each head of it times what
// attention gave. One thread has the copy engine take panels away; a warp takes whole rows, and asks
// for what attention gave ahead.
struct SumHeads {
  static const int ROWS_OF_DEPTH = 1, WIDTH = TILE_COLUMNS, SHARES = 0;
  static const int WARPS = FINISHERS / 32, LANES = HEAD_DIM / 8;

  const TensorMap* dOut;
  Matrix out;
  float* delta;
  Sizes sizes;

  __device__ __forceinline__ int second(int column) const { return column; }

  // This lane's part of the warp's next rows.
  struct Asked {
    uint4 out[OUT_ROWS_AT_ONCE];

    __device__ __forceinline__ void ask(const bf16* from, int64 stride, int rows) {
#pragma unroll
      for (int r = 0; r < OUT_ROWS_AT_ONCE; r++) {
        out[r] = r * WARPS < rows ? streamed(from + r * stride) : make_uint4(0, 0, 0, 0);
      }
    }
  };

  __device__ __forceinline__ void run(Panels& panels, int row, int column) const {
    int lane = threadIdx.x % 32, at = (threadIdx.x - FIRST_FINISHER) / 32;
    bool there = column + lane * 8 < sizes.columns;
    int rows = min(64, sizes.rows - row) - at;
    const bf16* from = out.data + (row + at) * out.stride + column + lane * 8;
    float* to = delta + (int64)((column + lane * 8) / HEAD_DIM) * sizes.rows + row + at;
    int64 stride = WARPS * out.stride;
    Asked next;
    next.ask(from, stride, there ? rows : 0);
    waitBarrier(panels.written, panels.round);
    if (threadIdx.x == FIRST_FINISHER) {
#pragma unroll
      for (int p = 0; p < PANELS; p++) {
        deliver(dOut, column + p * 64, row, panels.panel(p));
      }
      commitDeliveries();
    }
#pragma unroll 1
    for (; rows > 0; rows -= WARPS * OUT_ROWS_AT_ONCE, at += WARPS * OUT_ROWS_AT_ONCE) {
      Asked now = next;
      from += OUT_ROWS_AT_ONCE * stride;
      next.ask(from, stride, there ? rows - WARPS * OUT_ROWS_AT_ONCE : 0);
#pragma unroll
      for (int r = 0; r < OUT_ROWS_AT_ONCE; r++) {
        if (r * WARPS < rows) {
          uint4 dy = vectorAt(panels.panel(lane / 8), at + r * WARPS, lane % 8);
          float sum = dot(dy.x, now.out[r].x) + dot(dy.y, now.out[r].y) +
                      dot(dy.z, now.out[r].z) + dot(dy.w, now.out[r].w);
#pragma unroll
          for (int step = LANES / 2; step > 0; step /= 2) {
            sum += __shfl_xor_sync(0xffffffffu, sum, step);
          }
          if (there && lane % LANES == 0) {
            to[r * WARPS] = sum;
          }
        }
      }
      to += WARPS * OUT_ROWS_AT_ONCE;
    }
    if (threadIdx.x == FIRST_FINISHER) {
      waitDeliveries<0>();
    }
    arriveAt(panels.read);
    panels.round ^= 1;
  }
};

// result(rows, columns) = x(rows, depth) WT, W(columns, depth), of which the columns before "rotated"
// turn by the angles of their rows: table's row positions[row] has cosines, then sines, HEAD_DIM in all.
extern "C" __global__ void __launch_bounds__(384, 1)
    projected_forward(const __grid_constant__ TensorMap x, const __grid_constant__ TensorMap weight,
                      bf16* result, int64 stride, const float* table, const int* positions,
                      int rotated, int rows, int depth, int columns) {
  Sizes sizes = {rows, depth, columns};
  multiplyAndFinish(&x, &weight, Rotate{{result, stride}, table, positions, rotated, sizes}, sizes);
}

// dOut(rows, columns) = dy(rows, depth) W(depth, columns), and delta(heads, rows), see SumHeads, with
// what attention gave, out(rows, columns).
// Map of dOut has boxes of 64 rows.
extern "C" __global__ void __launch_bounds__(384, 1)
    projected_backward(const __grid_constant__ TensorMap dy, const __grid_constant__ TensorMap weight,
                       const __grid_constant__ TensorMap dOut, const bf16* out, int64 stride,
                       float* delta, int rows, int depth, int columns) {
  Sizes sizes = {rows, depth, columns};
  multiplyAndFinish(&dy, &weight, SumHeads{&dOut, {(bf16*)out, stride}, delta, sizes}, sizes);
}
