package io.adapterworks.adapter;

/**
 * The rows of W + s·B·A in float64, which DoRA calls the direction (Liu et al. 2024,
 * arXiv:2402.09353).
 */
final class DirectionRows {
  private final float[] weight;
  private final int in;
  private final double scale;
  private final float[] a;
  private final float[] b;

  /**
   * @param weight W(out, in)
   * @param scale s
   * @param a A(r, in)
   * @param b B(out, r)
   */
  DirectionRows(float[] weight, int in, double scale, float[] a, float[] b) {
    this.weight = weight;
    this.in = in;
    this.scale = scale;
    this.a = a;
    this.b = b;
  }

  /** Those of one adapted layer. */
  static DirectionRows of(float[] weight, AdaptedModule adapted, LoraAdapter adapter) {
    return new DirectionRows(
        weight,
        adapted.module().in(),
        adapted.scale(),
        adapter.values(adapted.a()),
        adapter.values(adapted.b()));
  }

  /** Row {@code o} (in). */
  double[] row(int o) {
    int rank = a.length / in;
    double[] row = new double[in];
    for (int i = 0; i < in; i++) {
      row[i] = weight[o * in + i];
    }
    for (int r = 0; r < rank; r++) {
      double factor = scale * b[o * rank + r];
      for (int i = 0; i < in; i++) {
        row[i] += factor * a[r * in + i];
      }
    }
    return row;
  }

  /** The length of a row. */
  static double norm(double[] row) {
    double squares = 0;
    for (double value : row) {
      squares += value * value;
    }
    return Math.sqrt(squares);
  }
}
