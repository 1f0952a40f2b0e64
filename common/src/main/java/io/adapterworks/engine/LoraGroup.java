package io.adapterworks.engine;

import java.util.List;
import java.util.Optional;

/**
 * All LoRA pairs on one linear layer, which may be several stacked layers. They share the input x
 * and its dropout mask.
 *
 * @param slices pairs on disjoint ranges of the outputs; may be empty
 * @param dropout applied to x on the way into every A; empty when evaluating
 */
public record LoraGroup(List<LoraSlice> slices, Optional<Dropout> dropout) {
  /** No adapter on this layer. */
  public static final LoraGroup NONE = new LoraGroup(List.of(), Optional.empty());

  public LoraGroup {
    slices = List.copyOf(slices);
  }

  /** Σ r: the width of the low-rank activations h that forward saves for backward. */
  public int totalRank() {
    return slices.stream().mapToInt(LoraSlice::rank).sum();
  }

  public boolean isEmpty() {
    return slices.isEmpty();
  }
}
