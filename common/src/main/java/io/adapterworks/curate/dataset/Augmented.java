package io.adapterworks.curate.dataset;

import io.adapterworks.curate.dataset.Augmentation.Variant;
import java.util.List;

/**
 * Varied rows and what the trial said about them.
 *
 * @param validation rows that decided; 0 where there was no trial
 * @param without their accuracy after a training without the varied rows
 * @param with their accuracy after one with them
 * @param trial how both were trained
 */
record Augmented(
    List<Variant> variants, int validation, double without, double with, String trial) {
  static final Augmented NONE = new Augmented(List.of(), 0, 0, 0, "");

  /** Kept where validation does not fall; without validation rows nobody knows. */
  boolean isKept() {
    return validation > 0 && with >= without;
  }

  List<Variant> kept() {
    return isKept() ? variants : List.of();
  }
}
