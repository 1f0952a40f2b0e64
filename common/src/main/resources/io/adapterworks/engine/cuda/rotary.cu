// Rotates pairs (i, i + D/2) of each head in place; direction -1 rotates back.

template <int V>
__device__ void rotatePairs(T* row, int pair, int pairs, int half, const float* angles,
                            float direction) {
  if (pair < pairs) {
    int within = pair % half;
    T* at = row + pair / half * 2 * half + within;
    float cosine[V], sine[V], first[V], second[V];
    load<V>(angles + within, cosine);
    load<V>(angles + half + within, sine);
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
                                  const int* positions, float direction, int width) {
  Place at(columns / 2, width);
  const float* angles = table + (int64)positions[at.row] * headDim;
  x += at.row * stride;
  width == 8 ? rotatePairs<8>(x, at.column, columns / 2, headDim / 2, angles, direction)
             : rotatePairs<1>(x, at.column, columns / 2, headDim / 2, angles, direction);
}
