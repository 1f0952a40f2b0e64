package io.adapterworks.curate.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.TestSpark;
import io.adapterworks.curate.embedding.ClassifierConfig;
import io.adapterworks.curate.embedding.TextEmbedder;
import io.adapterworks.curate.review.LabelReview;
import io.adapterworks.curate.review.LabelReview.Wish;
import io.adapterworks.curate.review.LabelReviewConfig;
import io.adapterworks.curate.review.ReviewFile;
import io.adapterworks.curate.review.ReviewItem;
import io.adapterworks.curate.schema.AugmentationTrialTable;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.DatasetRejectTable;
import io.adapterworks.curate.schema.DatasetRunTable;
import io.adapterworks.curate.schema.DatasetTable;
import io.adapterworks.curate.schema.EmbeddingTable;
import io.adapterworks.curate.schema.LabelDecisionTable;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.delta.DeltaLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From curated rows over a person's decision to the next dataset version. */
class DatasetBuildTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-24T08:00:00Z"), ZoneOffset.UTC);
  private static final DatasetConfig CONFIG =
      new DatasetConfig(
          new LabelReviewConfig(true, 0.6, 2, new ClassifierConfig(1e-3, 20, 1e-3)),
          new SemanticDuplicateConfig(true, 0.99999),
          new DecontaminationConfig(true, 3, 0.8, List.of()),
          new TargetConfig(10, 5, 100, 1000),
          new AugmentationConfig(false, 0.2, 0.1, 1));

  @TempDir Path folder;

  private int embedded;

  @Test
  void decisionsOfAPersonMakeTheNextDatasetAndNothingElseDoes() throws IOException {
    DeltaStore store = new DeltaStore(TestSpark.session(), folder.toString());
    store.append(
        CuratedTable.SPEC,
        TestSpark.session().createDataFrame(curated(), CuratedTable.SPEC.schema()));
    LabelReview review = new LabelReview(store, CLOCK, List.of("card", "pin"));

    DatasetOutcome.Made first = assertInstanceOf(DatasetOutcome.Made.class, build(store, review));

    assertEquals(10, first.training());
    assertEquals(2, first.heldOut());
    assertEquals(1, first.underReview());
    assertEquals(
        Map.of("over-target", 2, "under-review", 1), first.droppedByStep().get("selection"));
    assertEquals(Map.of("contamination", 1), first.droppedByStep().get("decontamination"));
    assertEquals(
        List.of(
            "contamination c99 1.0 0.8",
            "over-target",
            "over-target",
            "semantic-duplicate c90",
            "under-review c20"),
        lines(
            store,
            DatasetRejectTable.SPEC,
            "if(rule = 'over-target', rule, if(rule = 'contamination',"
                + " concat_ws(' ', rule, id, score, threshold), concat_ws(' ', rule, id)))"));
    assertEquals(17, embedded);

    assertEquals(new DatasetOutcome.NothingNew(first.version()), build(store, review));
    assertEquals(17, embedded);

    ReviewItem item = review.items().get(0);
    assertEquals(
        "c20 card pin open",
        "%s %s %s %s".formatted(item.id(), item.label(), item.suggested(), item.decision()));
    Path file = folder.resolve("review.csv");
    ReviewFile.write(file, review.items());
    assertEquals(List.of(), ReviewFile.read(file));
    Files.writeString(file, "id;decided_label\nc20;pin\n");
    assertEquals(new LabelReview.Made(1, 0), review.decide(ReviewFile.read(file), "ann"));
    assertEquals(new LabelReview.Made(0, 1), review.decide(ReviewFile.read(file), "ann"));
    assertEquals(
        List.of("c20 card accepted pin ann 2026-11-24 08:00:00"),
        lines(
            store,
            LabelDecisionTable.SPEC,
            "concat_ws(' ', id, label, decision, decided_label, decided_by, decided_at)"));

    DatasetOutcome.Made second = assertInstanceOf(DatasetOutcome.Made.class, build(store, review));

    assertEquals(0, second.underReview());
    assertEquals(
        List.of("c20 pin card"),
        lines(
            store,
            DatasetTable.SPEC,
            "if(label != recorded_label, concat_ws(' ', id, label, recorded_label), null)"));
    assertEquals("accepted", review.items().get(0).decision());
    assertEquals(17, store.read(EmbeddingTable.SPEC).count());
    assertEquals(new DatasetOutcome.NothingNew(second.version()), build(store, review));

    // As if the process had been killed before its last commit.
    List<String> dataset = lines(store, DatasetTable.SPEC, "to_json(struct(*))");
    List<String> runs = lines(store, DatasetRunTable.SPEC, "to_json(struct(*))");
    Path log = folder.resolve("dataset_examples/_delta_log");
    Files.delete(log.resolve("%020d.json".formatted(second.version())));
    for (String beside : List.of("%020d.crc", ".%020d.crc.crc", ".%020d.json.crc")) {
      Files.deleteIfExists(log.resolve(beside.formatted(second.version())));
    }
    DeltaLog.clearCache();
    assertEquals(second, build(store, review));
    assertEquals(dataset, lines(store, DatasetTable.SPEC, "to_json(struct(*))"));
    assertEquals(runs, lines(store, DatasetRunTable.SPEC, "to_json(struct(*))"));
  }

  @Test
  void aDecisionThatCannotBeIsRefusedWhole() {
    DeltaStore store = new DeltaStore(TestSpark.session(), folder.resolve("none").toString());
    LabelReview review = new LabelReview(store, CLOCK, List.of("card", "pin"));

    AdapterworksException unknown =
        assertThrows(
            AdapterworksException.class,
            () -> review.decide(List.of(new Wish("abc", "pin")), "ann"));

    assertEquals(
        "0 rows of label_review have an id that begins with abc; expected one; see review list",
        unknown.getMessage());
  }

  private DatasetOutcome build(DeltaStore store, LabelReview review) {
    return new DatasetBuild(store, new ByWord(), CONFIG, review, new Trial(0, 0)).run();
  }

  @Test
  void variedRowsComeInOnlyWhereTheTrialSaysSo() {
    DeltaStore store = new DeltaStore(TestSpark.session(), folder.resolve("varied").toString());
    store.append(
        CuratedTable.SPEC,
        TestSpark.session().createDataFrame(curated(), CuratedTable.SPEC.schema()));
    LabelReview review = new LabelReview(store, CLOCK, List.of("card", "pin"));

    DatasetOutcome.Made without = varied(store, review, 0.2, new Trial(0.9, 0.8));

    assertEquals(10, without.training());
    DatasetOutcome.Made with = varied(store, review, 0.19, new Trial(0.8, 0.8));

    assertEquals(12, with.training());
    List<String> rows =
        lines(
            store,
            DatasetTable.SPEC,
            "if(parent_id is null, null, concat_ws(' ', parent_id, operation, label, split,"
                + " id = concat(parent_id, '-', operation)))");
    assertEquals(2, rows.size());
    rows.forEach(
        row -> assertTrue(row.matches("c[01]\\d (swap|delete|insert) (card|pin) train true"), row));
    assertEquals(
        List.of("1: 2 made, 0.9 then 0.8 of 1, false", "2: 2 made, 0.8 then 0.8 of 1, true"),
        lines(
            store,
            AugmentationTrialTable.SPEC,
            "concat(run, ': ', made, ' made, ', accuracy_without, ' then ', accuracy_with, ' of ',"
                + " validation_rows, ', ', kept)"));
  }

  private DatasetOutcome.Made varied(
      DeltaStore store, LabelReview review, double share, Trial trial) {
    DatasetConfig config =
        new DatasetConfig(
            CONFIG.labelReview(),
            CONFIG.semanticDuplicates(),
            CONFIG.decontamination(),
            CONFIG.target(),
            new AugmentationConfig(true, share, 0.1, 1));
    return assertInstanceOf(
        DatasetOutcome.Made.class,
        new DatasetBuild(store, new ByWord(), config, review, trial).run());
  }

  /** A trial with a given outcome: a training on more rows than the other is the one with. */
  private static final class Trial implements AugmentationTrial {
    private final double without;
    private final double with;
    private int rows;

    Trial(double without, double with) {
      this.without = without;
      this.with = with;
    }

    @Override
    public double accuracy(List<Labelled> training, List<Labelled> validation) {
      assertEquals(List.of(new Labelled("which pin is it that i need", "pin")), validation);
      boolean more = rows > 0 && training.size() > rows;
      rows = training.size();
      return more ? with : without;
    }

    @Override
    public String description() {
      return "none";
    }
  }

  private static List<String> lines(DeltaStore store, TableSpec table, String expression) {
    return store.read(table).selectExpr(expression).collectAsList().stream()
        .map(row -> row.getString(0))
        .filter(line -> line != null)
        .sorted()
        .toList();
  }

  /** Six rows a label, one of them mislabelled, a copy in other words, and a held-out text told. */
  private static List<Row> curated() {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      rows.add(row("c0" + i, "my card number " + i + " is lost", "card", "train"));
      rows.add(row("c1" + i, "the pin number " + i + " is wrong", "pin", "train"));
    }
    rows.add(row("c20", "a pin that nobody remembers now", "card", "train"));
    rows.add(row("c90", "is lost my card number 0", "card", "train"));
    rows.add(row("c99", "well my card got eaten by the machine", "card", "train"));
    rows.add(row("t1", "my card got eaten by the machine", "card", "test"));
    rows.add(row("v1", "which pin is it that i need", "pin", "validation"));
    return rows;
  }

  private static Row row(String id, String text, String label, String split) {
    return RowFactory.create(
        id, text, null, label, split, id, 1, null, null, null, "f", 1L, "b", null, null);
  }

  /** Words as vectors: the same words in another order are the same vector. */
  private class ByWord implements TextEmbedder {
    @Override
    public String model() {
      return "words";
    }

    @Override
    public float[][] embed(List<String> texts) {
      embedded += texts.size();
      return texts.stream().map(ByWord::vector).toArray(float[][]::new);
    }

    private static float[] vector(String text) {
      float[] vector = new float[32];
      for (String word : text.split(" ", -1)) {
        vector[0] += word.equals("card") ? 3 : 0;
        vector[1] += word.equals("pin") ? 3 : 0;
        vector[2 + Math.floorMod(word.hashCode(), 30)] += 0.3f;
      }
      double squares = 0;
      for (float value : vector) {
        squares += value * value;
      }
      for (int i = 0; i < vector.length; i++) {
        vector[i] /= (float) Math.sqrt(squares);
      }
      return vector;
    }
  }
}
