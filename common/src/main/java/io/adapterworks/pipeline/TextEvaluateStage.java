package io.adapterworks.pipeline;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.evaluate.EvaluationsTable;
import io.adapterworks.evaluate.Gate;
import io.adapterworks.evaluate.TestData;
import io.adapterworks.evaluate.TextEvaluation;
import io.adapterworks.evaluate.TextScores;
import io.adapterworks.evaluate.Verdict;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.pass.LlamaPass;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.AdapterRef;
import io.adapterworks.registry.Promotion;
import io.adapterworks.serve.PromptFormat;
import java.util.List;
import java.util.Optional;

/**
 * Tests a generating version on the test split of its dataset, beside the base model alone and the
 * champion, and asks for the alias champion where the gate lets it through.
 */
public final class TextEvaluateStage {
  private final Warehouse warehouse;
  private final UseCase useCase;
  private final RunIdentity identity;

  /** What evaluation found, and what became of the version. */
  public record Outcome(
      AdapterManifest manifest,
      TestData data,
      TextEvaluation evaluation,
      List<Verdict> verdicts,
      Promotion promotion) {}

  public TextEvaluateStage(Warehouse warehouse, UseCase useCase, RunIdentity identity) {
    this.warehouse = warehouse;
    this.useCase = useCase;
    this.identity = identity;
  }

  public Outcome run(AdapterManifest manifest) {
    AnsweredDataset dataset = AnsweredDataset.of(warehouse.tables(), manifest.dataset().version());
    dataset.requireTest();
    TestedVersion tested = TestedVersion.of(warehouse, identity, manifest);
    TextEvaluation evaluation =
        new TextEvaluation(
            adapterScores(manifest, dataset.test()),
            baseScores(manifest, dataset.test()),
            champion(tested, dataset.test()));
    List<Verdict> verdicts = new Gate(useCase.success()).judge(evaluation);
    EvaluationsTable.write(warehouse.tables(), tested.subject(), evaluation);
    return new Outcome(manifest, tested.data(), evaluation, verdicts, tested.promote(verdicts));
  }

  private Optional<TextEvaluation.Champion> champion(TestedVersion tested, List<Example> test) {
    if (!tested.hasRival()) {
      return Optional.empty();
    }
    AdapterRef ref = AdapterRef.of(tested.manifest().name(), tested.champion().getAsInt());
    return Optional.of(
        new TextEvaluation.Champion(
            ref.toString(), adapterScores(warehouse.registry().resolve(ref), test)));
  }

  private TextScores adapterScores(AdapterManifest version, List<Example> test) {
    try (GenerationSession session =
        GenerationSession.open(warehouse.registry(), version, useCase)) {
      return new TextMeasuring(useCase, session.base(), session.format())
          .scores(session.pass(), test);
    }
  }

  private TextScores baseScores(AdapterManifest version, List<Example> test) {
    PromptFormat format = new PromptFormat(useCase.generation().instruction());
    try (BaseModel base = BaseModelReader.open(version.base().location());
        Engine engine = EngineFactory.open(useCase.engine());
        LlamaPass pass =
            new LlamaPass(engine, base, LoraAdapter.none(base), useCase.generation().memory())) {
      return new TextMeasuring(useCase, base, format).scores(pass, test);
    }
  }
}
