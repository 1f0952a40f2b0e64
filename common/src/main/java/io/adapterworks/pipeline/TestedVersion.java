package io.adapterworks.pipeline;

import io.adapterworks.evaluate.EvaluationSubject;
import io.adapterworks.evaluate.TestData;
import io.adapterworks.evaluate.Verdict;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.Promotion;
import io.adapterworks.registry.PromotionRequest;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A version on the test split of the dataset that it was trained on, and the champion of its name
 * before the test.
 */
record TestedVersion(
    Warehouse warehouse, RunIdentity identity, AdapterManifest manifest, OptionalInt champion) {

  static TestedVersion of(Warehouse warehouse, RunIdentity identity, AdapterManifest manifest) {
    return new TestedVersion(
        warehouse, identity, manifest, warehouse.registry().champion(manifest.name()));
  }

  TestData data() {
    return new TestData(
        manifest.dataset().table(), OptionalLong.of(manifest.dataset().version()), "test");
  }

  /** What the rows of evaluations are about, at this moment. */
  EvaluationSubject subject() {
    return new EvaluationSubject(
        manifest.name(), manifest.version(), identity.runId(), data(), warehouse.clock().instant());
  }

  /** Asks for the alias champion with these verdicts. */
  Promotion promote(List<Verdict> verdicts) {
    return warehouse
        .registry()
        .promote(
            new PromotionRequest(
                manifest.name(), manifest.version(), verdicts, champion, "evaluate"));
  }

  /** Whether a version other than this one is champion. */
  boolean hasRival() {
    return champion.isPresent() && champion.getAsInt() != manifest.version();
  }
}
