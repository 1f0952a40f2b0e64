package io.adapterworks.evaluate;

/**
 * Another model on the same rows as the candidate.
 *
 * @param name what people call it, such as {@code base} or {@code support-intents@3}
 * @param comparison the candidate against it
 */
public record Rival(String name, Scores scores, PairedComparison comparison) {
  /**
   * The rival's scores and its pairing with the candidate.
   *
   * @throws io.adapterworks.error.AdapterworksException INPUT if they were tested on other rows
   */
  public static Rival of(String name, Outcomes rival, Outcomes candidate) {
    return new Rival(name, Scores.of(rival), PairedComparison.of(candidate, rival));
  }
}
