package io.adapterworks.pipeline;

import io.adapterworks.curate.dataset.DatasetBuild;
import io.adapterworks.curate.dataset.DatasetOutcome;
import io.adapterworks.curate.review.LabelReview;
import java.util.function.Consumer;

/** Makes the dataset of a use case from what curation kept. */
public final class DatasetStage {
  private final Warehouse warehouse;
  private final UseCase useCase;

  public DatasetStage(Warehouse warehouse, UseCase useCase) {
    this.warehouse = warehouse;
    this.useCase = useCase;
  }

  /**
   * Whether a dataset is made for the use case. Adapters that generate train on all of
   * curated_examples: labels are reviewed and balanced, answers are neither.
   */
  public static boolean isFor(UseCase useCase) {
    return useCase.task() == UseCase.Task.CLASSIFICATION;
  }

  /**
   * Embeds, reviews and picks.
   *
   * @param log is told what people should know, a line at a time
   */
  public DatasetOutcome run(Consumer<String> log) {
    LabelReview review = new LabelReview(warehouse.tables(), warehouse.clock(), useCase.labels());
    try (InferenceSite site = InferenceSite.of(warehouse.tables().spark(), useCase, log);
        BaseEmbedder embedder = new BaseEmbedder(useCase.recipe(), useCase.engine(), site)) {
      return new DatasetBuild(
              warehouse.tables(), embedder, useCase.dataset(), review, new AdapterTrial(useCase))
          .run();
    }
  }
}
