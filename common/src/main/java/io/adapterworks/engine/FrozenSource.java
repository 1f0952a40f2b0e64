package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.HostTensor;
import java.util.List;

/**
 * Where a {@link FrozenLinear} comes from: one or several weight matrices W_i(out_i, in) that share
 * their input and are stacked to one product W(Σ out_i, in), such as query, key and value.
 *
 * @param weights at least one matrix, all of one width
 * @param biases as many vectors bias_i(out_i), or none
 * @param storage how the device keeps the weights
 * @param adapterRank the total rank of the pairs that will sit on the layer: an engine may leave
 *     room for them; 0 where none will, or where it is not known
 */
public record FrozenSource(
    List<HostTensor> weights, List<HostTensor> biases, WeightStorage storage, int adapterRank) {
  /** How frozen weights are kept. */
  public enum WeightStorage {
    /** In the engine's compute type. */
    COMPUTE_TYPE,
    /** As int8, each row divided by its largest magnitude / 127 (a float32) and rounded. */
    INT8
  }

  public FrozenSource {
    weights = List.copyOf(weights);
    biases = List.copyOf(biases);
    Check.that(!weights.isEmpty(), ErrorCode.MODEL, "a frozen linear layer has no weights");
    Check.that(
        biases.isEmpty() || biases.size() == weights.size(),
        ErrorCode.MODEL,
        "%d weights but %d biases; expected as many or none",
        weights.size(),
        biases.size());
    long in = weights.get(0).shape().columns();
    for (int i = 0; i < weights.size(); i++) {
      HostTensor weight = weights.get(i);
      Check.that(
          weight.shape().rank() == 2 && weight.shape().columns() == in,
          ErrorCode.MODEL,
          "%s has shape %s; expected (out, %d)",
          weight.name(),
          weight.shape(),
          in);
      Check.that(
          biases.isEmpty() || biases.get(i).shape().elements() == weight.shape().rows(),
          ErrorCode.MODEL,
          "the bias of %s does not have %d elements",
          weight.name(),
          weight.shape().rows());
    }
  }

  /** One matrix without bias, kept in the compute type. */
  public static FrozenSource of(HostTensor weight) {
    return new FrozenSource(List.of(weight), List.of(), WeightStorage.COMPUTE_TYPE, 0);
  }

  /** One matrix with bias, kept in the compute type. */
  public static FrozenSource of(HostTensor weight, HostTensor bias) {
    return new FrozenSource(List.of(weight), List.of(bias), WeightStorage.COMPUTE_TYPE, 0);
  }

  public int in() {
    return Math.toIntExact(weights.get(0).shape().columns());
  }

  public int out() {
    return Math.toIntExact(weights.stream().mapToLong(w -> w.shape().rows()).sum());
  }
}
