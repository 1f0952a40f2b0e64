package io.adapterworks.curate.dataset;

import java.util.List;

/** A short training that tells whether more rows do good. */
public interface AugmentationTrial {
  /** A text and its label. */
  record Labelled(String text, String label) {}

  /** Trains anew on {@code training}; the share of {@code validation} that is right then. */
  double accuracy(List<Labelled> training, List<Labelled> validation);

  /** How it trains, in words. */
  String description();
}
