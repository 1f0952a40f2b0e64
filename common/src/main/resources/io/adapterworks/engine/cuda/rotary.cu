// Rotates pairs (i, i + D/2) of each head in place; direction -1 rotates back.

template <int V>
__device__ void rotateRows(T* x, int64 stride, int columns, int headDim, const float* table,
                           const int* positions, int64 count, float direction) {
  int64 i = globalIndex() * V;
  int half = headDim / 2;
  int pairs = columns / 2;
  if (i < count) {
    int64 n = i / pairs;
    int pair = (int)(i % pairs);
    int column = (pair / half) * headDim + pair % half;
    const float* angles = table + (int64)positions[n] * headDim + pair % half;
    T* at = x + n * stride + column;
    float cosine[V], sine[V], first[V], second[V];
    load<V>(angles, cosine);
    load<V>(angles + half, sine);
    load<V>(at, first);
    load<V>(at + half, second);
#pragma unroll
    for (int j = 0; j < V; j++) {
      float s = direction * sine[j];
      float rotated = first[j] * cosine[j] - second[j] * s;
      second[j] = second[j] * cosine[j] + first[j] * s;
      first[j] = rotated;
    }
    store<V>(at, first);
    store<V>(at + half, second);
  }
}

extern "C" __global__ void rotate(T* x, int64 stride, int columns, int headDim, const float* table,
                                  const int* positions, int64 count, float direction, int width) {
  width == 8 ? rotateRows<8>(x, stride, columns, headDim, table, positions, count, direction)
             : rotateRows<1>(x, stride, columns, headDim, table, positions, count, direction);
}
