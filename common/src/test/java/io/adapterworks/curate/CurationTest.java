package io.adapterworks.curate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.TestSpark;
import io.adapterworks.curate.review.LabelReview;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.LabelReviewTable;
import io.adapterworks.curate.schema.RejectTable;
import io.adapterworks.curate.source.ColumnMapping;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurationTest {
  private static final List<String> LABELS = List.of("card", "pin", "refund");

  /** All three nights, curated in one run. */
  private static final String AT_ONCE = "at-once";

  @TempDir static Path folder;

  private static List<String> atOnce;

  /** Three nights: copies within a night, across nights, and a row that links two older ones. */
  private static final List<List<String>> NIGHTS =
      List.of(
          List.of(
              row("my card was declined at the supermarket again this morning", "card"),
              row("My card was declined at the supermarket, again, this morning!", "card"),
              row("how do I change the pin of my new card please tell me", "pin"),
              row("where is the refund that the shoe shop promised me last week", "refund"),
              row("please close everything", "unknown")),
          List.of(
              row("how do I change the pin of my new card please tell me now", "refund"),
              row("the machine has swallowed my card and nobody answers the phone", "card"),
              row("???", "card")),
          List.of(
              row("how do I change the pin of my new card please tell me now ok", "pin"),
              row("where is the refund that the shoe shop promised me last week?", "refund"),
              row("my card was declined at the supermarket again this mornin", "pin")));

  @BeforeAll
  static void curateAtOnce() throws IOException {
    atOnce = tables(AT_ONCE, List.of(List.of(0, 1, 2)));
  }

  @Test
  void nightsInAnyOrderMakeTheTablesOfOneRun() throws IOException {
    assertEquals(atOnce, tables("backwards", List.of(List.of(2), List.of(0, 1))));
    assertEquals(
        List.of(
            "curated n0.jsonl:1 card size 3",
            "curated n0.jsonl:3 pin size 3",
            "curated n0.jsonl:4 refund size 2",
            "curated n1.jsonl:2 card size 1",
            "reject n0.jsonl:2 exact-duplicate",
            "reject n0.jsonl:5 unknown-label",
            "reject n1.jsonl:1 near-duplicate",
            "reject n1.jsonl:3 too-short",
            "reject n2.jsonl:1 near-duplicate",
            "reject n2.jsonl:2 exact-duplicate",
            "reject n2.jsonl:3 near-duplicate",
            "review card rather pin 0.333 open",
            "review pin rather refund 0.333 open"),
        atOnce.stream().map(line -> line.replaceAll(" cluster .*", "")).toList());
  }

  @Test
  void changedSettingsCurateEverythingAnew() {
    DeltaStore store = store(AT_ONCE);
    CurationConfig config = TestCuration.defaults();
    assertInstanceOf(CurationOutcome.NothingNew.class, new Curation(store, config, LABELS).run());

    CurationOutcome again = new Curation(store, config, List.of("card", "pin")).run();

    CurationOutcome.Curated curated = assertInstanceOf(CurationOutcome.Curated.class, again);
    assertEquals(11, curated.read());
    assertEquals(3, curated.kept());
    assertEquals(4L, curated.dropped().get("unknown-label"));
    assertEquals(curated.kept(), store.read(CuratedTable.SPEC).count());
  }

  @Test
  void withoutBronzeThereIsNothingToDo() {
    AdapterworksException failure =
        assertThrows(
            AdapterworksException.class,
            () -> new Curation(store("empty"), TestCuration.defaults(), LABELS).run());

    assertEquals(ErrorCode.NOTHING_TO_DO, failure.code());
    assertEquals(
        "table bronze_examples is not there yet, so there is nothing to curate; run ingest first",
        failure.getMessage());
  }

  private static List<String> tables(String name, List<List<Integer>> runs) throws IOException {
    DeltaStore store = store(name);
    for (List<Integer> nights : runs) {
      ingest(store, name, nights);
      new Curation(store, TestCuration.defaults(), LABELS).run();
    }
    new LabelReview(store, Clock.systemUTC(), LABELS).refresh(List.of(), Map.of());
    List<String> lines = new ArrayList<>();
    lines.addAll(
        lines(
            store,
            CuratedTable.SPEC,
            "concat('curated ', source, ':', line, ' ', label, ' size ', cluster_size,"
                + " ' cluster ', cluster_id, ' ', split)"));
    lines.addAll(
        lines(
            store,
            RejectTable.SPEC,
            "concat('reject ', source, ':', line, ' ', rule, ' cluster ',"
                + " coalesce(cluster_id, '-'), ' ', reason)"));
    lines.addAll(
        lines(
            store,
            LabelReviewTable.SPEC,
            "concat('review ', label, ' rather ', suggested, ' ', round(suspicion, 3), ' ',"
                + " decision)"));
    return lines.stream().sorted().toList();
  }

  private static List<String> lines(DeltaStore store, TableSpec table, String expression) {
    return store.read(table).selectExpr(expression).collectAsList().stream()
        .map(row -> row.getString(0))
        .toList();
  }

  private static DeltaStore store(String name) {
    return new DeltaStore(TestSpark.session(), folder.resolve(name + "-warehouse").toString());
  }

  private static void ingest(DeltaStore store, String name, List<Integer> nights)
      throws IOException {
    Path inbox = Files.createDirectories(folder.resolve(name + "-inbox"));
    for (int night : nights) {
      Files.write(inbox.resolve("n" + night + ".jsonl"), NIGHTS.get(night));
    }
    new Ingest(store, 1 << 20)
        .run(
            List.of(
                new InputConfig(
                    inbox.toString(),
                    Optional.empty(),
                    new ColumnMapping(
                        "text", Optional.of("label"), Optional.empty(), Optional.empty()))),
            "nights " + nights,
            line -> {});
  }

  private static String row(String text, String label) {
    return "{\"text\":\"" + text + "\",\"label\":\"" + label + "\"}";
  }
}
