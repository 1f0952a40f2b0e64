package io.adapterworks.curate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.TestSpark;
import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.CurationRunTable;
import io.adapterworks.curate.schema.RejectTable;
import io.adapterworks.curate.schema.SchemaDriftTable;
import io.adapterworks.curate.source.ColumnMapping;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.curate.source.InputFile;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableMaintenance;
import io.adapterworks.table.TableSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NightlyTest {
  private static final Instant NOW = Instant.parse("2026-11-24T02:00:00Z");
  private static final LocalDate FIRST = LocalDate.parse("2026-11-22");
  private static final LocalDate SECOND = LocalDate.parse("2026-11-23");
  private static final List<String> LABELS = List.of("card", "pin");

  @TempDir Path folder;
  private Path logs;

  @BeforeEach
  void makeLogs() throws IOException {
    logs = Files.createDirectory(folder.resolve("logs"));
  }

  @Test
  void nightsOfDatesInAnyOrderMakeTheSameTables() throws IOException {
    file(
        "2026-11-22/app.jsonl",
        row("my card was declined at the supermarket again this morning", "card"),
        row("how do I change the pin of my new card please tell me", "pin"));
    file(
        "2026-11-23/app.jsonl",
        row("my card was declined at the supermarket again this mornin", "card"),
        row("the machine has swallowed my card and nobody answers the phone", "card"));
    String path = logs + "/{date}/*.jsonl";

    List<String> forwards = nights("forwards", path, List.of(FIRST, SECOND));
    List<String> backwards = nights("backwards", path, List.of(SECOND, FIRST));

    assertEquals(forwards, backwards);
    assertEquals(
        List.of(
            "2026-11-22 2026-11-22/app.jsonl:1 kept in cluster of 2",
            "2026-11-22 2026-11-22/app.jsonl:2 kept in cluster of 1",
            "2026-11-23 2026-11-23/app.jsonl:1 near-duplicate",
            "2026-11-23 2026-11-23/app.jsonl:2 kept in cluster of 1"),
        forwards);
  }

  /** One warehouse through three nights: files that grow, drift, compaction between nights. */
  @Test
  void nightsWaitForFilesThatGrowReportDriftAndTakeCompactionForNoNewData() throws IOException {
    DeltaStore store = store("nights");
    file("a.jsonl", row("how do I change the pin of my new card please", "pin"));
    file("x.csv", "text,label", "the machine has swallowed my card again,card");
    file("unfinished.jsonl.part", "{\"text\":\"how do");
    Path growing = file("a-growing.jsonl", row("my card was declined in a shop", "card"));
    Files.setLastModifiedTime(growing, FileTime.from(NOW.minusSeconds(59)));

    Nightly.Report first = night(store, logs.toString(), FIRST, NOW);

    assertEquals(
        List.of("a-growing.jsonl"),
        first.ingest().growing().stream().map(InputFile::source).toList());
    assertEquals(List.of(), first.ingest().drift());
    List<String> firstNight =
        List.of(
            "2026-11-22 a.jsonl:1 kept in cluster of 1", "2026-11-22 x.csv:2 kept in cluster of 1");
    assertEquals(firstNight, verdicts(store));
    long dataset = store.dataVersion(CuratedTable.SPEC).orElseThrow();

    file(
        "b.jsonl",
        "{\"text\":[\"where\",\"is it\"],\"label\":\"pin\",\"channel\":\"app\"}",
        "{\"text\":\"where is the letter with my new pin please\",\"label\":7}");
    file("y.csv", "message,label", "where can I see my new card number,card");
    Nightly.Report second = night(store, logs.toString(), SECOND, NOW.plusSeconds(1));

    assertEquals(
        List.of(
            "b.jsonl channel new absent string",
            "b.jsonl label retyped string number|string",
            "b.jsonl text retyped string array|string",
            "y.csv channel missing string absent",
            "y.csv message new absent string",
            "y.csv text missing array|string absent"),
        second.ingest().drift().stream()
            .map(
                d ->
                    String.join(
                        " ", d.source(), d.column(), d.change().spelled(), d.expected(), d.found()))
            .sorted()
            .toList());
    assertEquals(6, store.read(SchemaDriftTable.SPEC).count());
    List<String> secondNight =
        List.of(
            "2026-11-23 a-growing.jsonl:1 kept in cluster of 1",
            "2026-11-23 b.jsonl:1 wrong-type",
            "2026-11-23 b.jsonl:2 unknown-label",
            "2026-11-23 y.csv:2 missing-field");
    assertEquals(
        Stream.concat(firstNight.stream(), secondNight.stream()).toList(), verdicts(store));

    long newest = store.dataVersion(CuratedTable.SPEC).orElseThrow();
    TableMaintenance maintenance =
        new TableMaintenance(TestSpark.session(), folder.resolve("nights").toString());
    List.of(BronzeTable.SPEC, CuratedTable.SPEC)
        .forEach(table -> maintenance.compact(table.name()));
    List<Long> versions = versions(store);
    assertTrue(night(store, logs.toString(), SECOND, NOW.plusSeconds(1)).isEmpty());
    assertEquals(versions, versions(store));
    assertEquals(newest, store.dataVersion(CuratedTable.SPEC).orElseThrow());
    assertTrue(store.version(CuratedTable.SPEC).orElseThrow() > newest);
    assertEquals(2, store.read(CuratedTable.SPEC, dataset).count(), "as the first night left it");
  }

  private List<String> nights(String name, String path, List<LocalDate> dates) {
    DeltaStore store = store(name);
    dates.forEach(date -> night(store, path, date, NOW));
    return verdicts(store);
  }

  private static Nightly.Report night(DeltaStore store, String path, LocalDate date, Instant now) {
    InputConfig input =
        new InputConfig(
            path,
            Optional.empty(),
            new ColumnMapping("text", Optional.of("label"), Optional.empty(), Optional.empty()));
    return new Nightly(
            store,
            new Ingest(store, 1 << 20),
            new Curation(store, TestCuration.defaults(), LABELS),
            new NightlyConfig(Duration.ofMinutes(1), false),
            Clock.fixed(now, ZoneOffset.UTC))
        .run(List.of(input), date, line -> {});
  }

  private static List<String> verdicts(DeltaStore store) {
    String place = "concat(batch, ' ', source, ':', line, ' ', ";
    return store
        .read(CuratedTable.SPEC)
        .selectExpr(place + "'kept in cluster of ', cluster_size)")
        .union(store.read(RejectTable.SPEC).selectExpr(place + "rule)"))
        .collectAsList()
        .stream()
        .map(row -> row.getString(0))
        .sorted()
        .toList();
  }

  private static List<Long> versions(DeltaStore store) {
    return List.of(BronzeTable.SPEC, CuratedTable.SPEC, RejectTable.SPEC, CurationRunTable.SPEC)
        .stream()
        .map((TableSpec table) -> store.version(table).orElseThrow())
        .toList();
  }

  private DeltaStore store(String name) {
    return new DeltaStore(TestSpark.session(), folder.resolve(name).toString());
  }

  private Path file(String name, String... lines) throws IOException {
    Path file = logs.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, List.of(lines));
    Files.setLastModifiedTime(file, FileTime.from(NOW.minusSeconds(3600)));
    return file;
  }

  private static String row(String text, String label) {
    return "{\"text\":\"" + text + "\",\"label\":\"" + label + "\"}";
  }
}
