package io.adapterworks.engine;

import static io.adapterworks.engine.ReferenceStorage.add;
import static io.adapterworks.engine.ReferenceStorage.get;
import static io.adapterworks.engine.ReferenceStorage.matrix;
import static io.adapterworks.engine.ReferenceStorage.set;
import static io.adapterworks.engine.ReferenceStorage.write;

import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.Tensor;

/** {@link LinearOps} in float64. */
final class ReferenceLinear implements LinearOps {
  private final DType computeType;

  ReferenceLinear(DType computeType) {
    this.computeType = computeType;
  }

  @Override
  public FrozenLinear freeze(FrozenSource source) {
    return ReferenceFrozen.of(source, computeType);
  }

  @Override
  public void forward(FrozenLinear layer, LoraGroup lora, Tensor x, Tensor h, Tensor y) {
    ReferenceFrozen frozen = ReferenceFrozen.of(layer);
    double[][] sum = multiply(matrix(x), transposed(frozen.weights()));
    addLora(lora, x, h, sum);
    for (int n = 0; n < sum.length; n++) {
      for (int o = 0; o < sum[n].length; o++) {
        set(y, n, o, sum[n][o] + frozen.bias()[o]);
      }
    }
  }

  @Override
  public void forwardWithResidual(
      FrozenLinear layer, LoraGroup lora, Tensor x, Tensor h, Tensor residual, Tensor y) {
    double[][] added = matrix(residual);
    forward(layer, lora, x, h, y);
    for (int n = 0; n < added.length; n++) {
      for (int o = 0; o < added[n].length; o++) {
        add(y, n, o, added[n][o]);
      }
    }
  }

  private static void addLora(LoraGroup lora, Tensor x, Tensor h, double[][] y) {
    double[][] dropped = dropped(lora, x);
    int column = 0;
    for (LoraSlice slice : lora.slices()) {
      double[][] low = multiply(dropped, transposed(matrix(slice.a())));
      double[][] part = multiply(low, transposed(matrix(slice.b())));
      for (int n = 0; n < y.length; n++) {
        for (int r = 0; r < slice.rank(); r++) {
          set(h, n, column + r, low[n][r]);
        }
        for (int o = 0; o < slice.out(); o++) {
          y[n][slice.outOffset() + o] += slice.scale() * part[n][o];
        }
      }
      column += slice.rank();
    }
  }

  @Override
  public void backward(
      FrozenLinear layer, LoraGroup lora, Tensor dy, Tensor x, Tensor h, Write write, Tensor dx) {
    double[][] sum = multiply(matrix(dy), ReferenceFrozen.of(layer).weights());
    for (LoraSlice slice : lora.slices()) {
      double[][] part = multiply(lowGradient(slice, dy), matrix(slice.a()));
      for (int n = 0; n < sum.length; n++) {
        for (int c = 0; c < sum[n].length; c++) {
          sum[n][c] += part[n][c] * factor(lora, n, c, sum[n].length);
        }
      }
    }
    backwardWeights(lora, dy, x, h);
    for (int n = 0; n < sum.length; n++) {
      for (int c = 0; c < sum[n].length; c++) {
        write(write, dx, n, c, sum[n][c]);
      }
    }
  }

  @Override
  public void backwardWeights(LoraGroup lora, Tensor dy, Tensor x, Tensor h) {
    double[][] dropped = dropped(lora, x);
    int column = 0;
    for (LoraSlice slice : lora.slices()) {
      double[][] low = matrix(h.columns(column, slice.rank()));
      double[][] output = matrix(dy.columns(slice.outOffset(), slice.out()));
      addTo(multiply(transposed(output), low), slice.scale(), slice.dB());
      addTo(multiply(transposed(lowGradient(slice, dy)), dropped), 1, slice.dA());
      column += slice.rank();
    }
  }

  /** scale · dy·B, (N, r). */
  private static double[][] lowGradient(LoraSlice slice, Tensor dy) {
    double[][] product =
        multiply(matrix(dy.columns(slice.outOffset(), slice.out())), matrix(slice.b()));
    for (double[] row : product) {
      for (int r = 0; r < row.length; r++) {
        row[r] *= slice.scale();
      }
    }
    return product;
  }

  private static double factor(LoraGroup lora, long row, int column, int columns) {
    return lora.dropout()
        .map(dropout -> ReferencePhilox.factor(dropout, row * columns + column, columns))
        .orElse(1.0);
  }

  private static double[][] dropped(LoraGroup lora, Tensor x) {
    double[][] values = matrix(x);
    for (int n = 0; n < values.length; n++) {
      for (int c = 0; c < values[n].length; c++) {
        values[n][c] *= factor(lora, n, c, values[n].length);
      }
    }
    return values;
  }

  @Override
  public void product(Tensor a, Transpose opA, Tensor b, Transpose opB, Write write, Tensor c) {
    double[][] left = opA == Transpose.YES ? transposed(matrix(a)) : matrix(a);
    double[][] right = opB == Transpose.YES ? transposed(matrix(b)) : matrix(b);
    double[][] result = multiply(left, right);
    for (int i = 0; i < result.length; i++) {
      for (int j = 0; j < result[i].length; j++) {
        write(write, c, i, j, result[i][j]);
      }
    }
  }

  @Override
  public void addBias(Tensor bias, Tensor y) {
    for (long n = 0; n < y.rows(); n++) {
      for (long c = 0; c < y.columns(); c++) {
        add(y, n, c, get(bias, c));
      }
    }
  }

  @Override
  public void sumRows(Tensor x, Write write, Tensor sums) {
    for (long c = 0; c < x.columns(); c++) {
      double sum = 0;
      for (long n = 0; n < x.rows(); n++) {
        sum += get(x, n, c);
      }
      write(write, sums, 0, c, sum);
    }
  }

  @Override
  public void scaleColumns(Tensor x, Tensor scales, Write write, Tensor y) {
    for (long n = 0; n < x.rows(); n++) {
      for (long c = 0; c < x.columns(); c++) {
        write(write, y, n, c, get(x, n, c) * get(scales, c));
      }
    }
  }

  @Override
  public void sumRowProducts(Tensor a, Tensor b, Write write, Tensor sums) {
    for (long c = 0; c < a.columns(); c++) {
      double sum = 0;
      for (long n = 0; n < a.rows(); n++) {
        sum += get(a, n, c) * get(b, n, c);
      }
      write(write, sums, 0, c, sum);
    }
  }

  private static void addTo(double[][] from, double scale, Tensor to) {
    for (int i = 0; i < from.length; i++) {
      for (int j = 0; j < from[i].length; j++) {
        add(to, i, j, scale * from[i][j]);
      }
    }
  }

  private static double[][] multiply(double[][] a, double[][] b) {
    double[][] c = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int k = 0; k < b.length; k++) {
        for (int j = 0; j < c[i].length; j++) {
          c[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return c;
  }

  private static double[][] transposed(double[][] a) {
    double[][] t = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < t.length; j++) {
        t[j][i] = a[i][j];
      }
    }
    return t;
  }
}
