package io.adapterworks.evaluate;

import java.util.Optional;

/**
 * A candidate's scores on one set of rows, beside those of its rivals on the same rows.
 *
 * @param base the untrained base model, where it was tested
 * @param champion the version in use, where there is one
 */
public record Evaluation(
    Outcomes outcomes, Scores scores, Optional<Rival> base, Optional<Rival> champion) {

  /** A candidate without rivals. */
  public static Evaluation of(Outcomes outcomes) {
    return new Evaluation(outcomes, Scores.of(outcomes), Optional.empty(), Optional.empty());
  }

  /**
   * The same evaluation beside the untrained base model.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT if the base saw other rows
   */
  public Evaluation againstBase(Outcomes baseOutcomes) {
    return new Evaluation(
        outcomes, scores, Optional.of(Rival.of("base", baseOutcomes, outcomes)), champion);
  }

  /**
   * The same evaluation beside the champion.
   *
   * @param name the champion as NAME@VERSION
   * @throws io.adapterworks.error.AdapterworksException INPUT if the champion saw other rows
   */
  public Evaluation againstChampion(String name, Outcomes championOutcomes) {
    return new Evaluation(
        outcomes, scores, base, Optional.of(Rival.of(name, championOutcomes, outcomes)));
  }
}
