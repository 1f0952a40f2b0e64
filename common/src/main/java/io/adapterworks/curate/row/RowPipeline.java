package io.adapterworks.curate.row;

import io.adapterworks.curate.pii.PiiMasker;
import io.adapterworks.curate.source.ColumnMapping;
import io.adapterworks.curate.source.MappedFields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The steps that look at each row by itself, in their order: parse, labels, normalise, validate,
 * answer, spam, toxicity, language, pii. Not shared between threads.
 */
public final class RowPipeline {
  /** Steps whose rules are given by ingest or parsing. */
  public static final String INGEST = "ingest";

  private final ParseStep parse = new ParseStep();
  private final List<RowStep> steps;
  private final PiiMasker masker;
  private final Map<String, ColumnMapping> mappings = new HashMap<>();

  public RowPipeline(RowConfig config) {
    masker = new PiiMasker(config.pii());
    List<RowStep> chain = new ArrayList<>();
    chain.add(new LabelStep(Set.copyOf(config.labels())));
    chain.add(new NormaliseStep());
    chain.add(TextScores.validate(config.text()));
    chain.add(new AnswerStep(config.answer()));
    chain.add(
        new ScoreStep(
            "spam",
            List.of(
                new ScoreRule(
                    "spam",
                    "the spam score",
                    draft -> SpamScore.of(draft.text()),
                    Limit.below(config.spam().threshold())))));
    chain.add(
        new ScoreStep(
            "toxicity",
            List.of(
                new ScoreRule(
                    "toxicity",
                    "the toxicity score",
                    draft -> ToxicityScore.of(draft.text()),
                    Limit.below(config.toxicity().threshold())))));
    if (!config.language().expected().equals("any")) {
      LanguageScore language = new LanguageScore(config.language().expected());
      chain.add(
          new ScoreStep(
              "language",
              List.of(
                  new ScoreRule(
                      "language",
                      "the likelihood of " + config.language().expected(),
                      draft -> language.of(draft.text()),
                      Limit.atLeast(config.language().threshold())))));
    }
    chain.add(new PiiStep(masker));
    steps = List.copyOf(chain);
  }

  /** The steps after parsing, in their order. */
  public List<RowStep> steps() {
    return steps;
  }

  /** The names of the steps in their order, as {@code curation_runs} lists them. */
  public static List<String> stepNames() {
    return List.of(
        INGEST,
        ParseStep.NAME,
        "labels",
        "normalise",
        "validate",
        "answer",
        "spam",
        "toxicity",
        "language",
        "pii");
  }

  /**
   * What became of a row.
   *
   * @param draft the row, as far as it came; its text is masked
   * @param step the step that dropped it, or null
   * @param rejection why, or null
   */
  public record Outcome(Draft draft, String sourceId, String step, Rejection rejection) {}

  /** A line that ingest could not read: it keeps its fault, and its text is masked. */
  public Outcome faulty(String raw, String fault, String reason) {
    Draft draft = new Draft(masker.startRow().mask(raw), null, null);
    return new Outcome(draft, null, INGEST, new Rejection(fault, 0, 1, reason));
  }

  /** Runs a sound line through every step until one drops it. */
  public Outcome run(String raw, String columns) {
    ColumnMapping mapping = mappings.computeIfAbsent(columns, MappedFields::read);
    ParseStep.Parsed parsed = parse.parse(raw, mapping);
    if (parsed.result() instanceof StepResult.Rejected rejected) {
      Draft draft = new Draft(masker.startRow().mask(excerpt(raw)), null, null);
      return new Outcome(draft, parsed.sourceId(), ParseStep.NAME, rejected.rejection());
    }
    Draft draft = ((StepResult.Kept) parsed.result()).draft();
    for (RowStep step : steps) {
      StepResult result = step.apply(draft);
      if (result instanceof StepResult.Rejected rejected) {
        Draft masked =
            draft.withText(masker.startRow().mask(excerpt(draft.text())), draft.response());
        return new Outcome(masked, parsed.sourceId(), step.name(), rejected.rejection());
      }
      draft = ((StepResult.Kept) result).draft();
    }
    return new Outcome(draft, parsed.sourceId(), null, null);
  }

  private static String excerpt(String text) {
    return text.length() <= 4000 ? text : text.substring(0, 4000);
  }
}
