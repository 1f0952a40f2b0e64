// AdamW with the gradient's norm clipped.

// parts[block] = the sum of squares of every gridDim-th stretch of the gradient.
extern "C" __global__ void square_sums(const float* gradient, int64 count, float* parts) {
  float sum = 0.f;
  for (int64 i = globalIndex(); i < count; i += (int64)gridDim.x * blockDim.x) {
    sum += gradient[i] * gradient[i];
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = sum;
  }
}

// One block.
extern "C" __global__ void clip_factor(const float* parts, int count, float most, float* factor) {
  float sum = 0.f;
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    sum += parts[i];
  }
  float norm = sqrtf(blockSum(sum));
  if (threadIdx.x == 0) {
    *factor = norm > most ? most / norm : 1.f;
  }
}

// "rate" and "epsilon" have the bias corrections in them, "decay" the learning rate.
extern "C" __global__ void adam_w(float* values, void* rounded, int roundedFloat, float* mean,
                                  float* square, const float* gradient, const float* factor,
                                  int64 count, float beta1, float beta2, float rate, float epsilon,
                                  float decay) {
  int64 i = globalIndex();
  if (i < count) {
    float g = gradient[i] * *factor;
    float m = beta1 * mean[i] + (1.f - beta1) * g;
    float v = beta2 * square[i] + (1.f - beta2) * g * g;
    float value = values[i];
    value -= rate * m / (sqrtf(v) + epsilon) + decay * value;
    mean[i] = m;
    square[i] = v;
    values[i] = value;
    putAny(rounded, i, roundedFloat, value);
  }
}
