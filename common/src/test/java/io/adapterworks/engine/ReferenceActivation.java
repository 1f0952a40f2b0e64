package io.adapterworks.engine;

import static io.adapterworks.engine.ReferenceStorage.get;
import static io.adapterworks.engine.ReferenceStorage.set;

import io.adapterworks.tensor.Tensor;
import java.util.function.DoubleBinaryOperator;

/** {@link ActivationOps} in float64. */
final class ReferenceActivation implements ActivationOps {
  private static final double SQRT_TWO_PI = Math.sqrt(2 * Math.PI);

  /** The standard normal distribution function, by its power series or its continued fraction. */
  static double normalCdf(double x) {
    double density = Math.exp(-x * x / 2) / SQRT_TWO_PI;
    if (Math.abs(x) < 6) {
      double term = x;
      double sum = x;
      for (int i = 3; i < 400 && Math.abs(term) > 1e-18; i += 2) {
        term *= x * x / i;
        sum += term;
      }
      return 0.5 + sum * density;
    }
    double fraction = Math.abs(x);
    for (int i = 60; i >= 1; i--) {
      fraction = Math.abs(x) + i / fraction;
    }
    double tail = density / fraction;
    return x < 0 ? tail : 1 - tail;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static void each(Tensor a, Tensor b, Tensor out, DoubleBinaryOperator function) {
    for (long i = 0; i < out.shape().elements(); i++) {
      set(out, i, function.applyAsDouble(get(a, i), get(b, i)));
    }
  }

  @Override
  public void geluForward(Tensor x, Tensor y) {
    each(x, x, y, (value, same) -> value * normalCdf(value));
  }

  @Override
  public void geluBackward(Tensor dy, Tensor x, Tensor dx) {
    each(
        dy,
        x,
        dx,
        (gradient, value) ->
            gradient * (normalCdf(value) + value * Math.exp(-value * value / 2) / SQRT_TWO_PI));
  }

  @Override
  public void tanhForward(Tensor x, Tensor y) {
    each(x, x, y, (value, same) -> Math.tanh(value));
  }

  @Override
  public void tanhBackward(Tensor dy, Tensor y, Tensor dx) {
    each(dy, y, dx, (gradient, value) -> gradient * (1 - value * value));
  }

  @Override
  public void swiGluForward(Tensor gateUp, Tensor y) {
    long width = y.columns();
    for (long n = 0; n < y.rows(); n++) {
      for (long c = 0; c < width; c++) {
        double gate = get(gateUp, n, c);
        set(y, n, c, gate * sigmoid(gate) * get(gateUp, n, width + c));
      }
    }
  }

  @Override
  public void swiGluBackward(Tensor dy, Tensor gateUp, Tensor dGateUp) {
    long width = dy.columns();
    for (long n = 0; n < dy.rows(); n++) {
      for (long c = 0; c < width; c++) {
        double gate = get(gateUp, n, c);
        double up = get(gateUp, n, width + c);
        double gradient = get(dy, n, c);
        double s = sigmoid(gate);
        set(dGateUp, n, c, gradient * up * s * (1 + gate * (1 - s)));
        set(dGateUp, n, width + c, gradient * gate * s);
      }
    }
  }

  @Override
  public void dropout(Tensor x, Dropout dropout, Tensor y) {
    for (long i = 0; i < y.shape().elements(); i++) {
      set(y, i, get(x, i) * ReferencePhilox.factor(dropout, i, x.columns()));
    }
  }
}
