package io.adapterworks.curate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.adapterworks.TestSpark;
import io.adapterworks.curate.FernwayTruth.Fault;
import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.CurationRunTable;
import io.adapterworks.curate.schema.RejectTable;
import io.adapterworks.curate.source.ColumnMapping;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Counts what curation finds in the sample use case against what was planted there. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FernwayCurationTest {
  private static final List<TableSpec> TABLES =
      List.of(BronzeTable.SPEC, CuratedTable.SPEC, RejectTable.SPEC, CurationRunTable.SPEC);

  private FernwayTruth truth;
  private DeltaStore store;
  private final Map<String, Row> curated = new HashMap<>();
  private final Map<String, Row> rejected = new HashMap<>();

  @BeforeAll
  void curateTheSample(@TempDir Path folder) throws IOException {
    truth = FernwayTruth.read();
    store = new DeltaStore(TestSpark.generatingCode(), folder.toString());
    ingest();
    curate();
    store.read(CuratedTable.SPEC).collectAsList().forEach(row -> curated.put(place(row), row));
    store.read(RejectTable.SPEC).collectAsList().forEach(row -> rejected.put(place(row), row));
  }

  private IngestOutcome ingest() {
    InputConfig input =
        new InputConfig(
            FernwayTruth.folder().resolve("messages").toString(),
            Optional.empty(),
            new ColumnMapping(
                "message", Optional.of("intent"), Optional.empty(), Optional.of("id")));
    return new Ingest(store, TestCuration.defaults().maxLineBytes())
        .run(List.of(input), "sample", line -> {});
  }

  private CurationOutcome curate() {
    return new Curation(store, TestCuration.defaults(), List.of()).run();
  }

  private static String place(Row row) {
    return row.getAs("source") + ":" + row.getAs("line");
  }

  @Test
  void everyRawLineIsInBronzeAndThenCuratedOrRejectedOnce() throws IOException {
    long lines = 0;
    try (Stream<Path> files = Files.list(FernwayTruth.folder().resolve("messages"))) {
      for (Path file : files.toList()) {
        for (byte b : Files.readAllBytes(file)) {
          lines += b == '\n' ? 1 : 0;
        }
      }
    }
    assertEquals(lines, store.read(BronzeTable.SPEC).count());
    assertEquals(lines, curated.size() + rejected.size());
    Set<String> both = new HashSet<>(curated.keySet());
    both.retainAll(rejected.keySet());
    assertEquals(Set.of(), both);
  }

  @Test
  void brokenLinesAreRejectedWithFileAndLine() {
    List<Fault> broken = truth.of("broken-line");
    Set<String> rules = Set.of("broken-line", "invalid-utf8", "nul-bytes");
    assertEquals(List.of(), missed(broken, row -> rules.contains(rule(row))));
  }

  @Test
  void exactDuplicatesAreFound() {
    assertRecall("exact-duplicate", 0.98, row -> rule(row).endsWith("-duplicate"));
  }

  @Test
  void nearDuplicatesAreFound() {
    assertRecall("near-duplicate", 0.98, row -> rule(row).endsWith("-duplicate"));
  }

  @Test
  void duplicatesShareTheClusterOfTheirOriginal() {
    Map<String, Row> byId = new HashMap<>();
    Stream.concat(curated.values().stream(), rejected.values().stream())
        .filter(row -> row.getAs(CuratedTable.SOURCE_ID) != null)
        .forEach(row -> byId.put(row.getAs(CuratedTable.SOURCE_ID), row));
    List<String> strangers =
        Stream.concat(truth.of("exact-duplicate").stream(), truth.of("near-duplicate").stream())
            .filter(fault -> rejected.containsKey(fault.place()))
            .filter(
                fault ->
                    !byId.get(fault.id())
                        .getAs(RejectTable.CLUSTER_ID)
                        .equals(
                            byId.get(fault.detail().get("of").asText())
                                .getAs(RejectTable.CLUSTER_ID)))
            .map(Fault::place)
            .toList();
    assertEquals(List.of(), strangers);
  }

  @Test
  void emptyRowsAreRejected() {
    Set<String> rules = Set.of("empty", "too-short", "symbols");
    assertEquals(List.of(), missed(truth.of("empty"), row -> rules.contains(rule(row))));
  }

  @Test
  void otherLanguagesAreFound() {
    assertRecall("language", 0.95, row -> rule(row).equals("language"));
  }

  @Test
  void spamIsFound() {
    assertRecall("spam", 0.95, row -> rule(row).equals("spam"));
  }

  @Test
  void personalDataIsMasked() {
    Map<String, int[]> byType = new TreeMap<>();
    List<String> leaked = new ArrayList<>();
    for (Fault fault : truth.of("pii")) {
      Row row = curated.getOrDefault(fault.place(), rejected.get(fault.place()));
      String text = row.getAs(CuratedTable.TEXT);
      for (JsonNode piece : fault.detail().get("pii")) {
        String secret = piece.get("text").asText();
        int[] counts = byType.computeIfAbsent(piece.get("type").asText(), type -> new int[2]);
        counts[1]++;
        if (text.contains(secret)
            || Stream.of(secret.split("[ ,]+"))
                .anyMatch(part -> part.length() > 4 && text.contains(part))) {
          leaked.add(piece.get("type").asText() + " " + secret + " in: " + text);
        } else {
          counts[0]++;
        }
      }
    }
    int found = byType.values().stream().mapToInt(counts -> counts[0]).sum();
    int planted = byType.values().stream().mapToInt(counts -> counts[1]).sum();
    byType.forEach((type, counts) -> System.out.println(type + " " + counts[0] + "/" + counts[1]));
    System.out.println("personal data: " + found + " of " + planted);
    assertTrue(found >= 0.95 * planted, () -> found + " of " + planted + "; left: " + leaked);
  }

  @Test
  void cleanRowsStay() {
    Set<String> faulty =
        truth
            .all()
            .filter(fault -> !Set.of("pii", "wrong-label").contains(fault.kind()))
            .map(Fault::place)
            .collect(Collectors.toSet());
    // Of a pair of duplicates planted in reverse order the earlier row is kept: also right.
    List<String> lost =
        rejected.values().stream()
            .filter(row -> !faulty.contains(place(row)))
            .map(row -> rule(row) + " " + row.getAs(RejectTable.REASON) + ": " + row.getAs("text"))
            .sorted()
            .toList();
    int clean = curated.size() + rejected.size() - faulty.size();
    System.out.println("clean rows dropped: " + lost.size() + " of " + clean + " " + lost);
    assertTrue(lost.size() <= 0.015 * clean, () -> lost.size() + " of " + clean + ": " + lost);
  }

  @Test
  void aClusterNeverStraddlesSplitsAndEachLabelIsInEach() {
    Map<String, Set<String>> splits = new HashMap<>();
    Map<String, Set<String>> labels = new HashMap<>();
    for (Row row : curated.values()) {
      splits
          .computeIfAbsent(row.getAs(CuratedTable.CLUSTER_ID), id -> new TreeSet<>())
          .add(row.getAs(CuratedTable.SPLIT));
      labels
          .computeIfAbsent(row.getAs(CuratedTable.LABEL), id -> new TreeSet<>())
          .add(row.getAs(CuratedTable.SPLIT));
    }
    assertTrue(splits.values().stream().allMatch(of -> of.size() == 1));
    assertEquals(20, labels.size());
    assertEquals(
        Set.of(Set.of(CuratedTable.TEST, CuratedTable.TRAIN, CuratedTable.VALIDATION)),
        Set.copyOf(labels.values()));
  }

  @Test
  void aSecondRunOnTheSameInputChangesNoTable() {
    List<OptionalLong> before = TABLES.stream().map(store::version).toList();

    assertEquals(new IngestOutcome.NothingNew(5), ingest());
    assertEquals(
        new CurationOutcome.NothingNew(store.version(CuratedTable.SPEC).orElseThrow()), curate());

    assertEquals(before, TABLES.stream().map(store::version).toList());
  }

  private static String rule(Row row) {
    return row.getAs(RejectTable.RULE);
  }

  private void assertRecall(String fault, double least, Predicate<Row> found) {
    List<Fault> planted = truth.of(fault);
    List<String> missed = missed(planted, found);
    System.out.println(fault + ": " + (planted.size() - missed.size()) + " of " + planted.size());
    assertTrue(
        planted.size() - missed.size() >= least * planted.size(),
        () -> fault + ": missed " + missed.size() + " of " + planted.size() + ": " + missed);
  }

  private List<String> missed(List<Fault> planted, Predicate<Row> found) {
    return planted.stream()
        .filter(
            fault ->
                !rejected.containsKey(fault.place()) || !found.test(rejected.get(fault.place())))
        .map(
            fault -> {
              Row row = rejected.getOrDefault(fault.place(), curated.get(fault.place()));
              return fault.place() + " " + (row == null ? "absent" : row.mkString("|"));
            })
        .toList();
  }
}
