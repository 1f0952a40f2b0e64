package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;

/** The weights of {@link ReferenceLinear}: rows of doubles, and a bias that may be all zero. */
final class ReferenceFrozen implements FrozenLinear {
  private final double[][] weights;
  private final double[] bias;

  private ReferenceFrozen(double[][] weights, double[] bias) {
    this.weights = weights;
    this.bias = bias;
  }

  double[][] weights() {
    return weights;
  }

  double[] bias() {
    return bias;
  }

  static ReferenceFrozen of(FrozenLinear layer) {
    Check.that(
        layer instanceof ReferenceFrozen,
        ErrorCode.MODEL,
        "the layer was not frozen by the reference engine");
    return (ReferenceFrozen) layer;
  }

  static ReferenceFrozen of(FrozenSource source, DType computeType) {
    double[][] weights = new double[source.out()][source.in()];
    double[] bias = new double[source.out()];
    int row = 0;
    for (int part = 0; part < source.weights().size(); part++) {
      HostTensor matrix = source.weights().get(part);
      float[] values = matrix.toFloats();
      for (int i = 0; i < matrix.shape().rows(); i++, row++) {
        for (int j = 0; j < source.in(); j++) {
          weights[row][j] = ReferenceTransfer.round(values[i * source.in() + j], computeType);
        }
        if (source.storage() == FrozenSource.WeightStorage.INT8) {
          quantize(weights[row]);
        }
        if (!source.biases().isEmpty()) {
          bias[row] = source.biases().get(part).toFloats()[i];
        }
      }
    }
    return new ReferenceFrozen(weights, bias);
  }

  private static void quantize(double[] row) {
    double highest = 0;
    for (double value : row) {
      highest = Math.max(highest, Math.abs(value));
    }
    float scale = (float) (highest / 127);
    for (int j = 0; j < row.length; j++) {
      row[j] = scale == 0 ? 0 : Math.rint((float) row[j] / scale) * scale;
    }
  }

  @Override
  public int in() {
    return weights[0].length;
  }

  @Override
  public int out() {
    return weights.length;
  }

  @Override
  public long bytes() {
    return (long) Double.BYTES * in() * out();
  }
}
