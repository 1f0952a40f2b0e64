package io.adapterworks.curate.row;

import io.adapterworks.error.Check;
import java.io.Serializable;

/**
 * When a message counts as spam.
 *
 * @param threshold the spam score, 0 to 1, from which on a message is dropped
 */
public record SpamConfig(double threshold) implements Serializable {
  public SpamConfig {
    Check.inRange("curation.spam.threshold", threshold, 0, 1);
  }
}
