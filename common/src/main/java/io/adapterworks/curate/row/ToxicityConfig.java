package io.adapterworks.curate.row;

import io.adapterworks.error.Check;
import java.io.Serializable;

/**
 * When a message counts as toxic.
 *
 * @param threshold the toxicity score, 0 to 1, from which on a message is dropped
 */
public record ToxicityConfig(double threshold) implements Serializable {
  public ToxicityConfig {
    Check.inRange("curation.toxicity.threshold", threshold, 0, 1);
  }
}
