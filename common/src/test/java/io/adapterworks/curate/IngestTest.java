package io.adapterworks.curate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.TestSpark;
import io.adapterworks.curate.schema.BronzeTable;
import io.adapterworks.curate.source.ColumnMapping;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.DeltaStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IngestTest {
  private static final int MAX_LINE = 100_000;
  private static final ColumnMapping COLUMNS =
      new ColumnMapping("text", Optional.of("label"), Optional.empty(), Optional.empty());

  @TempDir Path folder;
  private final List<String> told = new ArrayList<>();
  private DeltaStore store;
  private Path inbox;

  @BeforeEach
  void open() throws IOException {
    store = new DeltaStore(TestSpark.session(), folder.resolve("warehouse").toString());
    inbox = Files.createDirectory(folder.resolve("inbox"));
  }

  @Test
  void everyFormatKeepsItsLineNumbers() throws IOException {
    Files.writeString(inbox.resolve("a.jsonl"), "{\"text\":\"one\"}\r\n\n{\"text\":\"three\"}");
    Files.writeString(
        inbox.resolve("b.csv"), "text,label\n\"two\nlines, one field\",x\n\"said \"\"hi\"\"\",y\n");
    Files.write(inbox.resolve("c.jsonl.gz"), gzip("\uFEFF{\"text\":\"packed\"}\n"));
    TestSpark.session()
        .sql("SELECT 'columnar' AS text, 'z' AS label")
        .coalesce(1)
        .write()
        .parquet(inbox.resolve("d.parquet").toString());

    ingest("first");

    assertEquals(
        List.of(
            "a.jsonl:1 {\"text\":\"one\"}",
            "a.jsonl:2 ",
            "a.jsonl:3 {\"text\":\"three\"}",
            "b.csv:2 {\"text\":\"two\\nlines, one field\",\"label\":\"x\"}",
            "b.csv:4 {\"text\":\"said \\\"hi\\\"\",\"label\":\"y\"}",
            "c.jsonl.gz:1 {\"text\":\"packed\"}",
            "d.parquet:1 {\"text\":\"columnar\",\"label\":\"z\"}"),
        bronze().stream()
            .map(row -> place(row).replaceAll("d.parquet/.*:", "d.parquet:") + " " + raw(row))
            .sorted()
            .toList());
  }

  @Test
  void namesThatLookLikePatternsAreTakenAsTheyAre() throws IOException {
    inbox = Files.createDirectory(folder.resolve("we,ird [1] {x}"));
    Files.writeString(inbox.resolve("100% donn\u00e9es #1?.jsonl"), "{\"text\":\"one\"}\n");
    Path written = folder.resolve("written");
    TestSpark.session()
        .sql("SELECT 'two' AS text, 'z' AS label")
        .coalesce(1)
        .write()
        .parquet(written.toString());
    try (var parts = Files.newDirectoryStream(written, "part-*.parquet")) {
      Files.move(parts.iterator().next(), inbox.resolve("export[2],*.parquet"));
    }

    ingest("first");

    assertEquals(
        List.of(
            "100% donn\u00e9es #1?.jsonl:1 {\"text\":\"one\"}",
            "export[2],*.parquet:1 {\"text\":\"two\",\"label\":\"z\"}"),
        bronze().stream().map(row -> place(row) + " " + raw(row)).sorted().toList());
  }

  @Test
  void faultyLinesComeInWithTheirReasonAndTheRestOfTheFileIsKept() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write("{\"text\":\"good\"}\n".getBytes(UTF_8));
    bytes.write("{\"text\":\"caf\u00e9\"}\n".getBytes(ISO_8859_1));
    bytes.write("{\"text\":\"a\0b\"}\n".getBytes(UTF_8));
    bytes.write(("{\"text\":\"" + "x".repeat(3 * MAX_LINE) + "\"}\n").getBytes(UTF_8));
    bytes.write("{\"text\":\"also good\"}\n".getBytes(UTF_8));
    Files.write(inbox.resolve("a.jsonl"), bytes.toByteArray());
    Files.writeString(
        inbox.resolve("b.csv"), "text,label\nfine,x\nragged\n\"never closed,y\nfine too,x\n");

    ingest("first");

    assertEquals(
        List.of(
            "a.jsonl:1 null null",
            "a.jsonl:2 invalid-utf8 the line is not valid UTF-8",
            "a.jsonl:3 nul-bytes the line holds NUL bytes, from byte 11 on: it is not text",
            "a.jsonl:4 line-too-long the line has 300011 bytes; at most 100000 are read",
            "a.jsonl:5 null null",
            "b.csv:2 null null",
            "b.csv:3 ragged-row the row has 1 fields; the header has 2",
            "b.csv:4 unclosed-quote a quote opens in this line and never closes",
            "b.csv:5 null null"),
        faults());
  }

  @Test
  void aCorruptGzipKeepsWhatCouldBeRead() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      lines.append("{\"text\":\"message ").append(i * 7919L % 20011).append("\"}\n");
    }
    byte[] packed = gzip(lines.toString());
    Files.write(inbox.resolve("a.jsonl.gz"), Arrays.copyOf(packed, packed.length / 2));
    Files.write(inbox.resolve("b.jsonl.gz"), "not gzip at all".getBytes(UTF_8));

    ingest("first");

    List<String> faulty = faults().stream().filter(fault -> !fault.endsWith("null null")).toList();
    assertEquals(2, faulty.size(), faulty::toString);
    long last = bronze().stream().filter(row -> place(row).startsWith("a.")).count();
    assertEquals(
        "a.jsonl.gz:"
            + last
            + " unreadable-file the file cannot be read beyond this line: Unexpected end of ZLIB"
            + " input stream",
        faulty.get(0));
    assertEquals(
        "b.jsonl.gz:1 unreadable-file the file cannot be opened: Not in GZIP format",
        faulty.get(1));
    assertEquals(
        List.of(
            "file:"
                + inbox
                + "/b.jsonl.gz cannot be opened: Not in GZIP format; the other files are read"
                + " without it; mend it, and the next run reads it"),
        told);
  }

  @Test
  void aFileThatCouldNotBeOpenedIsTriedAgainUntilItCan() throws IOException {
    Path log = inbox.resolve("a.jsonl.gz");
    Files.write(log, "x".repeat(1000).getBytes(UTF_8));
    FileTime written = FileTime.from(Instant.parse("2026-03-01T08:00:00Z"));
    Files.setLastModifiedTime(log, written);
    assertEquals(new IngestOutcome.Ingested(0, 0), ingest("first"));
    assertEquals(new IngestOutcome.NothingNew(0), ingest("second"));
    assertEquals(2, told.size());

    byte[] mended = Arrays.copyOf(gzip("{\"text\":\"one\"}\n"), 1000);
    Files.write(log, mended);
    Files.setLastModifiedTime(log, written);
    assertEquals(new IngestOutcome.Ingested(1, 1), ingest("third"));

    assertEquals(2, told.size());
    assertEquals(
        List.of(
            "a.jsonl.gz:1 null null",
            "a.jsonl.gz:1 unreadable-file the file cannot be opened: Not in GZIP format"),
        faults());
  }

  @Test
  void aGrownFileAddsItsNewLinesOnly() throws IOException {
    Path log = inbox.resolve("a.jsonl");
    Files.writeString(log, "{\"text\":\"one\"}\n");
    assertEquals(new IngestOutcome.Ingested(1, 0), ingest("first"));
    assertEquals(new IngestOutcome.NothingNew(1), ingest("second"));
    Files.writeString(log, "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    assertEquals(new IngestOutcome.Ingested(1, 1), ingest("third"));

    assertEquals(
        List.of("a.jsonl:1 first", "a.jsonl:2 third"),
        bronze().stream().map(row -> place(row) + " " + row.getAs("batch")).sorted().toList());
  }

  @Test
  void aFileThatIsPutBackAsItWasIsNotNew() throws IOException {
    Path log = inbox.resolve("a.jsonl");
    FileTime older = FileTime.from(Instant.parse("2026-03-01T08:00:00Z"));
    Files.writeString(log, "{\"text\":\"one\"}\n");
    Files.setLastModifiedTime(log, FileTime.from(Instant.parse("2026-03-02T08:00:00Z")));
    assertEquals(new IngestOutcome.Ingested(1, 0), ingest("first"));
    Files.setLastModifiedTime(log, older);
    ingest("second");
    assertEquals(new IngestOutcome.NothingNew(1), ingest("third"));
  }

  @Test
  void everyElementOfAnArrayHasALineOfItsOwnAndWhatFollowsIsRead() throws IOException {
    Files.writeString(
        inbox.resolve("a.json"),
        "[{\"text\":\"same\"},{\"text\":\"same\"}]\n[{\"text\":\"next\"}] {\"text\":\"last\"}\n");
    Files.writeString(inbox.resolve("b.json"), "[{\"text\":\"one\"}] oops");
    Files.write(inbox.resolve("C.JSONL.GZ"), gzip("{\"text\":\"packed\"}\n"));

    ingest("first");

    assertEquals(
        List.of(
            "C.JSONL.GZ:1 {\"text\":\"packed\"}",
            "a.json:1 {\"text\":\"same\"}",
            "a.json:2 {\"text\":\"same\"}",
            "a.json:3 {\"text\":\"next\"}",
            "a.json:4 {\"text\":\"last\"}",
            "b.json:1 ",
            "b.json:1 {\"text\":\"one\"}"),
        bronze().stream().map(row -> place(row) + " " + raw(row)).sorted().toList());
    assertEquals(
        List.of("b.json:1"),
        bronze().stream()
            .filter(row -> "unreadable-file".equals(row.getAs("fault")))
            .map(IngestTest::place)
            .toList());
  }

  @Test
  void ofTwoIngestsAtTheSameTimeEachLineIsAddedOnce() throws Exception {
    Path log = inbox.resolve("a.jsonl");
    Files.writeString(log, "{\"text\":\"one\"}\n");
    ingest("first");
    Files.writeString(log, "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    CyclicBarrier together = new CyclicBarrier(2);
    Callable<String> night =
        () -> {
          together.await();
          try {
            return ingest("second").getClass().getSimpleName();
          } catch (AdapterworksException failure) {
            return failure.getMessage();
          }
        };
    ExecutorService threads = Executors.newFixedThreadPool(2);
    List<String> outcomes = new ArrayList<>();
    try {
      for (Future<String> outcome : threads.invokeAll(List.of(night, night))) {
        outcomes.add(outcome.get());
      }
    } finally {
      threads.shutdownNow();
    }

    assertEquals(
        List.of("a.jsonl:1", "a.jsonl:2"),
        bronze().stream().map(IngestTest::place).sorted().toList(),
        outcomes::toString);
    Set<String> possible =
        Set.of(
            "Ingested",
            "NothingNew",
            "could not write table bronze_examples in "
                + store.path(BronzeTable.SPEC)
                + ": another job changed the table at the same time; run this job again");
    assertTrue(outcomes.contains("Ingested") && possible.containsAll(outcomes), outcomes::toString);
  }

  @Test
  void aCsvWithoutTheMappedColumnStopsBeforeAnythingIsWritten() throws IOException {
    Files.writeString(inbox.resolve("a.csv"), "message,label\nhello,x\n");

    AdapterworksException failure =
        assertThrows(AdapterworksException.class, () -> ingest("first"));

    assertEquals(ErrorCode.CONFIGURATION, failure.code());
    assertEquals(
        "a.csv has no column text, which inputs.columns maps; it has [message, label]; correct the"
            + " mapping or the file's header",
        failure.getMessage());
    assertEquals(OptionalLong.empty(), store.version(BronzeTable.SPEC));
  }

  @Test
  void aPathThatMatchesNothingIsAMistakeInTheConfiguration() {
    AdapterworksException failure =
        assertThrows(
            AdapterworksException.class,
            () ->
                new Ingest(store, MAX_LINE)
                    .run(
                        List.of(new InputConfig(inbox + "/*.jsonl", Optional.empty(), COLUMNS)),
                        "first",
                        told::add));

    assertEquals(ErrorCode.CONFIGURATION, failure.code());
    assertEquals(
        "inputs.path="
            + inbox
            + "/*.jsonl matches no file; expected a file, a folder or a pattern; correct the path;"
            + " a relative one starts at the use case's folder",
        failure.getMessage());
  }

  private IngestOutcome ingest(String batch) {
    return new Ingest(store, MAX_LINE)
        .run(
            List.of(new InputConfig(inbox.toString(), Optional.empty(), COLUMNS)),
            batch,
            told::add);
  }

  private List<Row> bronze() {
    return store.read(BronzeTable.SPEC).collectAsList();
  }

  private List<String> faults() {
    return bronze().stream()
        .map(row -> place(row) + " " + row.getAs("fault") + " " + row.getAs("fault_reason"))
        .sorted()
        .toList();
  }

  private static String place(Row row) {
    return row.getAs("source") + ":" + row.getAs("line");
  }

  private static String raw(Row row) {
    return row.getAs("raw");
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(text.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }
}
