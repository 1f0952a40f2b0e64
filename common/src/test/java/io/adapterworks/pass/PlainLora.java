package io.adapterworks.pass;

import io.adapterworks.adapter.AdaptedModule;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.Parameter;
import java.util.HashMap;
import java.util.Map;

/**
 * Linear layers with an adapter on them, as plain loops in float64. Under DoRA each output is
 * multiplied by m / ‖W + s·B·A‖; the norms stay as they were when this was made, as gradients take
 * them for constants (Liu et al. 2024, arXiv:2402.09353, section 4.3).
 */
final class PlainLora {
  private final Map<String, double[]> weights;
  private final Map<String, AdaptedModule> modules = new HashMap<>();
  private final Map<String, double[]> norms = new HashMap<>();
  private final double[] values;

  PlainLora(Map<String, double[]> weights, LoraAdapter adapter) {
    this.weights = weights;
    this.values = widened(adapter.values());
    for (AdaptedModule module : adapter.layout().modules()) {
      modules.put(module.module().path(), module);
      if (module.magnitude().isPresent()) {
        norms.put(module.module().path(), norms(module));
      }
    }
  }

  /** The flat parameter vector itself. */
  double[] values() {
    return values;
  }

  private double[] norms(AdaptedModule adapted) {
    int in = adapted.module().in();
    double[] weight = weights.get(adapted.module().weight());
    double[] norms = new double[adapted.module().out()];
    for (int o = 0; o < norms.length; o++) {
      double squares = 0;
      for (int i = 0; i < in; i++) {
        double merged = weight[o * in + i];
        for (int r = 0; r < adapted.rank(); r++) {
          merged += adapted.scale() * b(adapted, o, r) * a(adapted, r, i);
        }
        squares += merged * merged;
      }
      norms[o] = Math.sqrt(squares);
    }
    return norms;
  }

  private double a(AdaptedModule adapted, int r, int i) {
    return values[adapted.a().offset() + r * adapted.module().in() + i];
  }

  private double b(AdaptedModule adapted, int o, int r) {
    return values[adapted.b().offset() + o * adapted.rank() + r];
  }

  /** y(T, out) of x(T, in), with bias and adapter where there are some. */
  double[][] linear(String path, double[][] x) {
    double[][] y = multiply(x, weights.get(path + ".weight"));
    AdaptedModule adapted = modules.get(path);
    if (adapted != null) {
      addAdapter(adapted, x, y);
    }
    double[] bias = weights.get(path + ".bias");
    for (double[] row : y) {
      for (int o = 0; bias != null && o < row.length; o++) {
        row[o] += bias[o];
      }
    }
    return y;
  }

  private void addAdapter(AdaptedModule adapted, double[][] x, double[][] y) {
    for (int t = 0; t < x.length; t++) {
      double[] low = new double[adapted.rank()];
      for (int r = 0; r < low.length; r++) {
        for (int i = 0; i < x[t].length; i++) {
          low[r] += a(adapted, r, i) * x[t][i];
        }
      }
      for (int o = 0; o < y[t].length; o++) {
        for (int r = 0; r < low.length; r++) {
          y[t][o] += adapted.scale() * b(adapted, o, r) * low[r];
        }
        y[t][o] *= gain(adapted, o);
      }
    }
  }

  private double gain(AdaptedModule adapted, int o) {
    Parameter magnitude = adapted.magnitude().orElse(null);
    return magnitude == null
        ? 1
        : values[magnitude.offset() + o] / norms.get(adapted.module().path())[o];
  }

  /** x(T, in) · W(out, in)ᵀ. */
  static double[][] multiply(double[][] x, double[] weight) {
    int in = x[0].length;
    double[][] y = new double[x.length][weight.length / in];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < y[t].length; o++) {
        double sum = 0;
        for (int i = 0; i < in; i++) {
          sum += weight[o * in + i] * x[t][i];
        }
        y[t][o] = sum;
      }
    }
    return y;
  }

  static double[] widened(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
