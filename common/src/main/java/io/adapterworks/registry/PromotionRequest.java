package io.adapterworks.registry;

import io.adapterworks.evaluate.Verdict;
import java.util.List;
import java.util.OptionalInt;

/**
 * Asks for a version to become champion.
 *
 * @param verdicts what the gate found, see {@link io.adapterworks.evaluate.Gate}
 * @param comparedWith the champion's version that the candidate was tested against; empty where
 *     there was none
 * @param by the person or job that asks
 */
public record PromotionRequest(
    String name, int version, List<Verdict> verdicts, OptionalInt comparedWith, String by) {
  public PromotionRequest {
    verdicts = List.copyOf(verdicts);
  }
}
