package io.adapterworks.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.TestSpark;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.evaluate.Bound;
import io.adapterworks.evaluate.Interval;
import io.adapterworks.evaluate.Verdict;
import io.adapterworks.registry.AdapterDraft.DatasetVersion;
import io.adapterworks.table.DeltaStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterRegistryTest {
  private static final String NAME = "support-intents";
  private static final Verdict GOOD =
      new Verdict(
          "accuracy",
          Optional.of(0.91),
          Optional.of(new Interval(0.89, 0.93)),
          Bound.atLeast(0.88),
          Verdict.Met.YES);
  private static final Verdict BAD =
      new Verdict("ece", Optional.of(0.2), Optional.empty(), Bound.atMost(0.1), Verdict.Met.NO);

  @TempDir Path folder;
  private DeltaStore tables;
  private AdapterStore files;
  private AdapterRegistry registry;

  @BeforeEach
  void open() {
    String warehouse = folder.resolve("warehouse").toString();
    tables = new DeltaStore(TestSpark.session(), warehouse);
    files = new AdapterStore(new Configuration(), warehouse, TestAdapters.CLOCK);
    registry = new AdapterRegistry(tables, files, TestAdapters.CLOCK);
  }

  /** Into the folder only: what reads aliases does not need the row. */
  private AdapterManifest publish(String weights) {
    return files
        .publish(TestAdapters.draft("hash of " + weights), TestAdapters.prepared(folder, weights))
        .manifest();
  }

  private Promotion promote(int version, OptionalInt comparedWith, Verdict... verdicts) {
    return registry.promote(
        new PromotionRequest(NAME, version, List.of(verdicts), comparedWith, "nightly run"));
  }

  @Test
  void aVersionIsPublishedWithItsRowOnceEvenIfTheFirstTryEndedBeforeTheRow() {
    AdapterManifest manifest = publish("one");
    AdapterDraft draft = TestAdapters.draft("hash of one");
    Path prepared = TestAdapters.prepared(folder, "one");
    for (int i = 0; i < 2; i++) {
      assertEquals(new PublishOutcome.SameAsBefore(manifest), registry.publish(draft, prepared));
    }

    List<Row> rows = tables.read(AdapterVersionsTable.SPEC).collectAsList();
    assertEquals(1, rows.size());
    assertEquals(NAME, rows.get(0).getAs(AdapterVersionsTable.ADAPTER));
    assertEquals(1, rows.get(0).<Integer>getAs(AdapterVersionsTable.VERSION));
    assertEquals(
        Map.of("accuracy", 0.91, "macroF1", 0.9),
        rows.get(0).getJavaMap(rows.get(0).fieldIndex(AdapterVersionsTable.METRICS)));
  }

  @Test
  void whatWasTrainedBeforeIsFoundByConfigurationAndDatasetVersion() {
    AdapterManifest manifest = publish("one");
    assertEquals(
        Optional.of(manifest), registry.trainedWith(NAME, "hash of one", TestAdapters.DATASET));
    assertEquals(
        Optional.empty(),
        registry.trainedWith(NAME, "hash of one", new DatasetVersion("curated_examples", 5)));
    assertEquals(Optional.empty(), registry.trainedWith(NAME, "another", TestAdapters.DATASET));
  }

  @Test
  void theChampionMovesOnlyThroughTheGateAndItsHistorySaysWhy() {
    publish("one");
    publish("two");

    assertEquals(
        new Promotion.Refused(List.of("ece 0.2000, expected at most 0.1000")),
        promote(1, OptionalInt.empty(), GOOD, BAD));
    assertEquals(OptionalInt.empty(), registry.champion(NAME));

    assertEquals(
        new Promotion.Promoted(1, OptionalInt.empty()), promote(1, OptionalInt.empty(), GOOD));
    assertEquals(new Promotion.Promoted(2, OptionalInt.of(1)), promote(2, OptionalInt.of(1), GOOD));
    assertEquals(new Promotion.AlreadyChampion(2), promote(2, OptionalInt.of(1), GOOD));

    String reason = "accuracy 0.9100, expected at least 0.8800";
    assertEquals(
        List.of(
            new AliasMove(
                NAME,
                "champion",
                1,
                1,
                OptionalInt.empty(),
                TestAdapters.NOW,
                reason,
                "nightly run"),
            new AliasMove(
                NAME,
                "champion",
                2,
                2,
                OptionalInt.of(1),
                TestAdapters.NOW,
                reason,
                "nightly run")),
        registry.history(NAME));
    assertEquals(2, registry.resolve(AdapterRef.parse("support-intents@champion")).version());
    assertEquals(1, registry.resolve(AdapterRef.parse("support-intents@1")).version());
    assertEquals(Map.of("champion", 2), registry.aliases(NAME));
  }

  @Test
  void aCandidateComparedWithAnEarlierChampionIsRefused() {
    publish("one");
    publish("two");
    promote(1, OptionalInt.empty(), GOOD);

    assertEquals(
        new Promotion.Refused(
            List.of(
                "the champion is version 1, but version 2 was compared with version 3;"
                    + " evaluate it again")),
        promote(2, OptionalInt.of(3), GOOD));
    assertEquals(
        new Promotion.Refused(
            List.of(
                "the champion is version 1, but version 2 was compared with none;"
                    + " evaluate it again")),
        promote(2, OptionalInt.empty(), GOOD));
    assertEquals(OptionalInt.of(1), registry.champion(NAME));
  }

  @Test
  void anAliasOrAdapterThatIsNotThereNamesThoseThatAre() {
    publish("one");

    AdapterworksException alias =
        assertThrows(
            AdapterworksException.class,
            () -> registry.resolve(AdapterRef.parse("support-intents@challenger")));
    assertEquals(ErrorCode.INPUT, alias.code());
    assertEquals(
        "adapter support-intents has no alias challenger; expected one of its aliases []"
            + " or versions [1]",
        alias.getMessage());
    AdapterworksException adapter =
        assertThrows(
            AdapterworksException.class,
            () -> registry.resolve(AdapterRef.parse("suport-intents@champion")));
    assertEquals(
        "there is no adapter suport-intents in "
            + folder.resolve("warehouse/adapters")
            + "; expected one of [support-intents]; the job run makes one",
        adapter.getMessage());
  }
}
