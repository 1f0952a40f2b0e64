package io.adapterworks.engine;

import static io.adapterworks.engine.ReferenceStorage.get;
import static io.adapterworks.engine.ReferenceStorage.set;
import static io.adapterworks.engine.ReferenceStorage.write;

import io.adapterworks.tensor.Tensor;

/** {@link NormOps} in float64. */
final class ReferenceNorm implements NormOps {
  @Override
  public void layerNormForward(
      Tensor x, Tensor gamma, Tensor beta, float epsilon, Tensor y, Tensor stats) {
    long width = x.columns();
    for (long n = 0; n < x.rows(); n++) {
      double mean = 0;
      for (long c = 0; c < width; c++) {
        mean += get(x, n, c) / width;
      }
      double variance = 0;
      for (long c = 0; c < width; c++) {
        variance += (get(x, n, c) - mean) * (get(x, n, c) - mean) / width;
      }
      double inverse = 1 / Math.sqrt(variance + epsilon);
      set(stats, n, 0, mean);
      set(stats, n, 1, inverse);
      for (long c = 0; c < width; c++) {
        set(y, n, c, (get(x, n, c) - mean) * inverse * get(gamma, c) + get(beta, c));
      }
    }
  }

  @Override
  public void layerNormBackward(
      Tensor dy, Tensor x, Tensor gamma, Tensor stats, Write write, Tensor dx) {
    int width = (int) x.columns();
    for (long n = 0; n < x.rows(); n++) {
      double mean = get(stats, n, 0);
      double inverse = get(stats, n, 1);
      double sum = 0;
      double dot = 0;
      double[] dNormed = new double[width];
      double[] normed = new double[width];
      for (int c = 0; c < width; c++) {
        normed[c] = (get(x, n, c) - mean) * inverse;
        dNormed[c] = get(dy, n, c) * get(gamma, c);
        sum += dNormed[c];
        dot += dNormed[c] * normed[c];
      }
      for (int c = 0; c < width; c++) {
        double value = inverse * (dNormed[c] - sum / width - normed[c] * dot / width);
        write(write, dx, n, c, value);
      }
    }
  }

  @Override
  public void rmsNormForward(Tensor x, Tensor gamma, float epsilon, Tensor y, Tensor rstd) {
    long width = x.columns();
    for (long n = 0; n < x.rows(); n++) {
      double square = 0;
      for (long c = 0; c < width; c++) {
        square += get(x, n, c) * get(x, n, c) / width;
      }
      double inverse = 1 / Math.sqrt(square + epsilon);
      set(rstd, n, inverse);
      for (long c = 0; c < width; c++) {
        set(y, n, c, get(x, n, c) * inverse * get(gamma, c));
      }
    }
  }

  @Override
  public void rmsNormBackward(
      Tensor dy, Tensor x, Tensor gamma, Tensor rstd, Write write, Tensor dx) {
    long width = x.columns();
    for (long n = 0; n < x.rows(); n++) {
      double inverse = get(rstd, n);
      double dot = 0;
      for (long c = 0; c < width; c++) {
        dot += get(dy, n, c) * get(gamma, c) * get(x, n, c);
      }
      for (long c = 0; c < width; c++) {
        double value =
            inverse
                * (get(dy, n, c) * get(gamma, c) - get(x, n, c) * inverse * inverse * dot / width);
        write(write, dx, n, c, value);
      }
    }
  }
}
