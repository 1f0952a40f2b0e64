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
    DirectionRows rows = DirectionRows.of(weight, adapted, adapter);
    float[] magnitude = adapted.magnitude().map(adapter::values).orElse(null);
    float[] merged = new float[weight.length];
    for (int o = 0; o < adapted.module().out(); o++) {
      double[] row = rows.row(o);
      double gain = magnitude == null ? 1 : magnitude[o] / DirectionRows.norm(row);
      for (int i = 0; i < in; i++) {
        merged[o * in + i] = (float) (gain * row[i]);
      }
    }
    return merged;
  }
}
