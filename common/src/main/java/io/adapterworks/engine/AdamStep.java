package io.adapterworks.engine;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.List;

/**
 * One step of AdamW. Kingma and Ba 2014, arXiv:1412.6980; Loshchilov and Hutter 2019,
 * arXiv:1711.05101.
 *
 * @param number of the step, from 1 on: decides the bias corrections
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon beside the corrected root
 * @param maxGradientNorm a gradient with a larger L2 norm is scaled down to it
 * @param ranges the parameters that move, each range with its rate
 */
public record AdamStep(
    int number,
    double beta1,
    double beta2,
    double epsilon,
    double maxGradientNorm,
    List<Range> ranges) {
  /**
   * Parameters {@code [from, from + count)} of the flat vector.
   *
   * @param decay taken off a parameter before the step, as a share of it
   */
  public record Range(long from, long count, double learningRate, double decay) {}

  public AdamStep {
    ranges = List.copyOf(ranges);
    Check.that(number >= 1, ErrorCode.MODEL, "Adam's step %d; expected 1 or more", number);
  }
}
