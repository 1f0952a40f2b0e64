package io.adapterworks.evaluate;

import java.util.Optional;

/**
 * A generating adapter's scores on one set of rows, beside those of others on the same rows.
 *
 * @param base the base model without an adapter
 * @param champion the version in use, where there is another one
 */
public record TextEvaluation(TextScores adapter, TextScores base, Optional<Champion> champion) {
  /** The version in use, as NAME@VERSION, and its scores. */
  public record Champion(String name, TextScores scores) {}

  /** How much higher the adapter's ROUGE-L is than another's, with a 95 % interval over rows. */
  public Interval rougeLGainInterval() {
    double[] gains = new double[adapter.answers().size()];
    for (int i = 0; i < gains.length; i++) {
      gains[i] = adapter.answers().get(i).rougeL() - base.answers().get(i).rougeL();
    }
    return TextScores.bootstrap(gains);
  }
}
