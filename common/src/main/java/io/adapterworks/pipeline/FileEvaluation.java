package io.adapterworks.pipeline;

import io.adapterworks.engine.EngineSettings;
import io.adapterworks.evaluate.Evaluation;
import io.adapterworks.evaluate.LabelledFile;
import io.adapterworks.evaluate.Outcomes;
import io.adapterworks.evaluate.TestData;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.AdapterRef;
import io.adapterworks.registry.AdapterRegistry;
import java.nio.file.Path;

/** Tests a registered adapter on a labelled file of any origin. Writes nothing. */
public final class FileEvaluation {
  private final AdapterRegistry registry;
  private final EngineSettings engine;

  /** What was tested, on what, and how it went. */
  public record Result(AdapterManifest manifest, TestData data, Evaluation evaluation) {}

  public FileEvaluation(AdapterRegistry registry, EngineSettings engine) {
    this.registry = registry;
    this.engine = engine;
  }

  /**
   * Asks the adapter about every row.
   *
   * @param path where the rows came from
   * @throws io.adapterworks.error.AdapterworksException INPUT for an adapter that cannot be used
   */
  public Result run(AdapterRef ref, Path path, LabelledFile file) {
    AdapterManifest manifest = registry.resolve(ref);
    try (AdapterSession session = AdapterSession.open(registry, manifest, engine)) {
      return new Result(
          manifest,
          TestData.ofFile(path.toString()),
          Evaluation.of(Outcomes.of(session.classifier(), file.rows())));
    }
  }
}
