package io.adapterworks.curate.row;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Drops a row at the first of its rules that the row breaks; keeps every score. */
public final class ScoreStep implements RowStep {
  private final String name;
  private final List<ScoreRule> rules;

  public ScoreStep(String name, List<ScoreRule> rules) {
    this.name = name;
    this.rules = List.copyOf(rules);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public StepResult apply(Draft draft) {
    Map<String, Double> scores = new LinkedHashMap<>(draft.scores());
    for (ScoreRule rule : rules) {
      double score = rule.score().applyAsDouble(draft);
      Optional<Rejection> broken = rule.judge(score);
      if (broken.isPresent()) {
        return new StepResult.Rejected(broken.get());
      }
      scores.put(rule.name(), score);
    }
    return new StepResult.Kept(draft.withScores(scores));
  }
}
