package io.adapterworks.adapter;

import io.adapterworks.model.BaseModel;
import io.adapterworks.tensor.HostTensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Folds an adapter into the weights it sits on, so that the model needs no adapter any more. */
public final class AdapterMerge {
  private AdapterMerge() {}

  /**
   * All tensors of the base model, those of adapted layers replaced by W + s·B·A, or under DoRA by
   * m / ‖W + s·B·A‖ · (W + s·B·A), each row (Liu et al. 2024, arXiv:2402.09353). Each keeps its
   * type; sums are in float64 and rounded once.
   */
  public static Map<String, HostTensor> merge(BaseModel base, LoraAdapter adapter) {
    Map<String, HostTensor> merged = new LinkedHashMap<>(base.weights());
    for (AdaptedModule adapted : adapter.layout().modules()) {
      HostTensor weight = base.weight(adapted.module().weight());
      merged.put(
          weight.name(),
          HostTensor.of(
              weight.name(),
              weight.dtype(),
              weight.shape(),
              mergedWeight(weight.toFloats(), adapted, adapter)));
    }
    return merged;
  }

  /** The merged weight (out, in) of one layer, row by row. */
  static float[] mergedWeight(float[] weight, AdaptedModule adapted, LoraAdapter adapter) {
    int in = adapted.module().in();
    int out = adapted.module().out();
    int rank = adapted.rank();
    float[] a = adapter.values(adapted.a());
    float[] b = adapter.values(adapted.b());
    float[] magnitude = adapted.magnitude().map(adapter::values).orElse(null);
    double[] row = new double[in];
    float[] merged = new float[weight.length];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        row[i] = weight[o * in + i];
      }
      for (int r = 0; r < rank; r++) {
        double factor = adapted.scale() * b[o * rank + r];
        for (int i = 0; i < in; i++) {
          row[i] += factor * a[r * in + i];
        }
      }
      double length = magnitude == null ? 1 : magnitude[o] / norm(row);
      for (int i = 0; i < in; i++) {
        merged[o * in + i] = (float) (length * row[i]);
      }
    }
    return merged;
  }

  private static double norm(double[] row) {
    double squares = 0;
    for (double value : row) {
      squares += value * value;
    }
    return Math.sqrt(squares);
  }
}
