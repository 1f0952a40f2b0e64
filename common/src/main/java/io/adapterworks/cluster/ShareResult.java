package io.adapterworks.cluster;

import io.adapterworks.train.StepOutcome;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * What a round's shares came to, each weighted by its part of the round, so that the sum over all
 * shares is the round's result.
 *
 * @param values weighted gradient (P), or weighted parameters and Adam's moments (3P)
 * @param steps of each step the weighted loss, and the learning rate
 * @param places where the shares were computed
 */
@SuppressWarnings("ArrayRecordComponent") // megabytes that are handed over, never compared
record ShareResult(float[] values, List<StepOutcome> steps, List<Place> places)
    implements Serializable {
  /**
   * Where a share was computed.
   *
   * @param device executor and device
   * @param nanos how long it took there
   */
  record Place(int share, String device, long nanos) implements Serializable {}

  static ShareResult of(float[] values, List<StepOutcome> steps) {
    return new ShareResult(values, steps, List.of());
  }

  ShareResult at(Place place) {
    return new ShareResult(values, steps, List.of(place));
  }

  /** Multiplies in place; by one, nothing changes. */
  static void scale(float[] values, double weight) {
    float factor = (float) weight;
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }

  /** The sum; reuses this one's array. */
  ShareResult plus(ShareResult other) {
    for (int i = 0; i < values.length; i++) {
      values[i] += other.values[i];
    }
    List<StepOutcome> sums = new ArrayList<>(steps.size());
    for (int i = 0; i < steps.size(); i++) {
      double loss = steps.get(i).loss() + other.steps.get(i).loss();
      sums.add(
          new StepOutcome(
              loss, Math.max(steps.get(i).learningRate(), other.steps.get(i).learningRate())));
    }
    List<Place> both = new ArrayList<>(places);
    both.addAll(other.places);
    return new ShareResult(values, sums, both);
  }
}
