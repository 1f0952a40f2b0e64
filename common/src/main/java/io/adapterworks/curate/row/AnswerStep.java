package io.adapterworks.curate.row;

/** Judges the answers of instructions by {@link AnswerScores}; rows without an answer pass. */
final class AnswerStep implements RowStep {
  private final ScoreStep rules;

  AnswerStep(AnswerConfig config) {
    this.rules = new ScoreStep("answer", AnswerScores.rules(config));
  }

  @Override
  public String name() {
    return rules.name();
  }

  @Override
  public StepResult apply(Draft draft) {
    return draft.response() == null ? new StepResult.Kept(draft) : rules.apply(draft);
  }
}
