package io.adapterworks.pipeline;

import io.adapterworks.evaluate.Evaluation;
import io.adapterworks.evaluate.EvaluationsTable;
import io.adapterworks.evaluate.Gate;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.evaluate.NearestCentroid;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.evaluate.TestData;
import io.adapterworks.evaluate.Verdict;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.AdapterRef;
import io.adapterworks.registry.Promotion;
import io.adapterworks.serve.PooledEmbedder;
import io.adapterworks.serve.TextEncoder;
import java.util.List;
import java.util.function.Consumer;

/**
 * Tests a version on the test split of the dataset that it was trained on, beside the untrained
 * base and the champion, and asks for the alias champion where the gate lets it through.
 */
public final class EvaluateStage {
  private final Warehouse warehouse;
  private final UseCase useCase;
  private final RunIdentity identity;

  /** What evaluation found, and what became of the version. */
  public record Outcome(
      AdapterManifest manifest,
      TestData data,
      Evaluation evaluation,
      List<Verdict> verdicts,
      Promotion promotion) {}

  public EvaluateStage(Warehouse warehouse, UseCase useCase, RunIdentity identity) {
    this.warehouse = warehouse;
    this.useCase = useCase;
    this.identity = identity;
  }

  /**
   * Tests, writes the evaluation and asks for the alias.
   *
   * @param log is told what people should know, a line at a time
   */
  public Outcome run(AdapterManifest manifest, Consumer<String> log) {
    try (InferenceSite site = InferenceSite.of(warehouse.tables().spark(), useCase, log)) {
      return run(manifest, site);
    }
  }

  private Outcome run(AdapterManifest manifest, InferenceSite site) {
    CuratedDataset dataset =
        CuratedDataset.of(
            warehouse.tables(), manifest.dataset().table(), manifest.dataset().version());
    dataset.requireTest();
    List<LabelledText> test = dataset.splits().test();
    TestedVersion tested = TestedVersion.of(warehouse, identity, manifest);
    Evaluation evaluation =
        Evaluation.of(outcomes(manifest, test, site))
            .againstBase(baseOutcomes(manifest, dataset, site));
    if (tested.hasRival()) {
      AdapterRef ref = AdapterRef.of(manifest.name(), tested.champion().getAsInt());
      evaluation =
          evaluation.againstChampion(
              ref.toString(), outcomes(warehouse.registry().resolve(ref), test, site));
    }
    List<Verdict> verdicts = new Gate(useCase.success()).judge(evaluation);
    EvaluationsTable.write(warehouse.tables(), tested.subject(), evaluation);
    return new Outcome(manifest, tested.data(), evaluation, verdicts, tested.promote(verdicts));
  }

  private Outcomes outcomes(AdapterManifest version, List<LabelledText> test, InferenceSite site) {
    try (AdapterSession session =
        AdapterSession.open(warehouse.registry(), version, useCase.engine(), site)) {
      return Outcomes.of(session.classifier(), test);
    }
  }

  private Outcomes baseOutcomes(
      AdapterManifest version, CuratedDataset dataset, InferenceSite site) {
    ClassifierTraining.Recipe recipe = useCase.recipe();
    try (BaseModel base = BaseModelReader.open(version.base().location());
        InferenceSite.Opened untrained =
            site.open(
                base,
                ClassifierTraining.initial(base, recipe, dataset.splits().labels(), useCase.seed()),
                useCase.engine())) {
      TextEncoder encoder = new TextEncoder(base.tokenizer(), recipe.base().maxTokens());
      NearestCentroid baseline =
          NearestCentroid.fit(
              new PooledEmbedder(untrained.pass(), encoder), dataset.splits().training());
      return Outcomes.of(baseline, dataset.splits().test());
    }
  }
}
