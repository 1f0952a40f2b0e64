package io.adapterworks.evaluate.report;

import io.adapterworks.evaluate.TestData;
import io.adapterworks.evaluate.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a report shows around its numbers.
 *
 * @param model the candidate as NAME@VERSION
 * @param purpose what the model is for, in a sentence
 * @param verdicts what the gate found
 * @param decision what was done about it, in a sentence
 * @param curve how training went, where this process knows
 * @param facts what made the model, in the order shown
 */
public record ReportFrame(
    String model,
    String purpose,
    Instant at,
    TestData data,
    List<Verdict> verdicts,
    Optional<String> decision,
    Optional<TrainingCurve> curve,
    List<Fact> facts) {
  public ReportFrame {
    verdicts = List.copyOf(verdicts);
    facts = List.copyOf(facts);
  }
}
