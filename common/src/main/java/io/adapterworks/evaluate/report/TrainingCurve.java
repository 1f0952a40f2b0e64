package io.adapterworks.evaluate.report;

import java.util.List;

/**
 * How training went.
 *
 * @param loss the training loss at each step, steps ascending
 * @param validationAccuracy the accuracy on the validation split at the step where each epoch ended
 */
public record TrainingCurve(List<Point> loss, List<Point> validationAccuracy) {
  public TrainingCurve {
    loss = List.copyOf(loss);
    validationAccuracy = List.copyOf(validationAccuracy);
  }

  /** A value at an optimizer step. */
  public record Point(int step, double value) {}
}
