package io.adapterworks.curate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.TestSpark;
import io.adapterworks.curate.schema.CuratedTable;
import io.adapterworks.curate.schema.RejectTable;
import io.adapterworks.curate.source.ColumnMapping;
import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.table.DeltaStore;
import io.adapterworks.table.TableSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One night with every kind of broken file: what is broken is rejected, the rest is kept. */
class FaultyInputTest {
  @TempDir static Path folder;
  private static DeltaStore store;

  private static final String BEFORE = row("how do I change the pin of my new card please");
  private static final String AFTER = row("the machine has swallowed my card and keeps it");

  @BeforeAll
  static void runTheNight() throws IOException {
    Path inbox = Files.createDirectory(folder.resolve("inbox"));
    Files.write(inbox.resolve("bom.jsonl"), bytes("\uFEFF" + distinct(BEFORE, "bom") + "\n"));
    Files.write(
        inbox.resolve("nul.jsonl"),
        bytes(distinct(BEFORE, "nul") + "\n{\"text\":\"a\0b\"}\n" + distinct(AFTER, "nul") + "\n"));
    ByteArrayOutputStream latin = new ByteArrayOutputStream();
    latin.write(bytes(distinct(BEFORE, "latin") + "\n"));
    latin.write("{\"text\":\"le caf\u00e9\"}\n".getBytes(ISO_8859_1));
    latin.write(bytes(distinct(AFTER, "latin") + "\n"));
    Files.write(inbox.resolve("latin.jsonl"), latin.toByteArray());
    Files.writeString(
        inbox.resolve("ragged.csv"),
        """
        text,label
        where is the refund that the shoe shop promised,card
        ragged
        why was I charged for taking out cash abroad,card
        """);
    longLine(inbox.resolve("long.jsonl"));
    corruptGzip(inbox.resolve("corrupt.jsonl.gz"));
    Files.write(inbox.resolve("broken.parquet"), bytes("PAR1 is not enough"));
    store = new DeltaStore(TestSpark.session(), folder.resolve("warehouse").toString());
    new Ingest(store, 1 << 20)
        .run(
            List.of(
                new InputConfig(
                    inbox.toString(),
                    Optional.empty(),
                    new ColumnMapping(
                        "text", Optional.of("label"), Optional.empty(), Optional.empty()))),
            "night",
            line -> {});
    new Curation(store, TestCuration.defaults(), List.of()).run();
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheFirstLine() {
    assertEquals(List.of(), rejects("bom.jsonl"));
    assertEquals(List.of(1L), kept("bom.jsonl"));
  }

  @Test
  void aLineWithNulBytesIsRejected() {
    assertEquals(
        List.of("2 nul-bytes: the line holds NUL bytes, from byte 11 on: it is not text"),
        rejects("nul.jsonl"));
    assertEquals(List.of(1L, 3L), kept("nul.jsonl"));
  }

  @Test
  void aLineThatIsNotUtf8IsRejected() {
    assertEquals(List.of("2 invalid-utf8: the line is not valid UTF-8"), rejects("latin.jsonl"));
    assertEquals(List.of(1L, 3L), kept("latin.jsonl"));
  }

  @Test
  void aRaggedRowIsRejected() {
    assertEquals(
        List.of("3 ragged-row: the row has 1 fields; the header has 2"), rejects("ragged.csv"));
    assertEquals(List.of(2L, 4L), kept("ragged.csv"));
  }

  @Test
  void aLineOfTwoHundredMegabytesIsRejected() {
    assertEquals(
        List.of("2 line-too-long: the line has 209715200 bytes; at most 1048576 are read"),
        rejects("long.jsonl"));
    assertEquals(List.of(1L, 3L), kept("long.jsonl"));
  }

  @Test
  void ofACorruptGzipTheLinesBeforeTheFaultAreKept() {
    List<String> faults =
        rejects("corrupt.jsonl.gz").stream().filter(r -> r.contains("unreadable-file")).toList();

    assertEquals(1, faults.size(), faults::toString);
    assertTrue(
        faults
            .get(0)
            .endsWith(
                "unreadable-file: the file cannot be read beyond this line: Unexpected end of ZLIB"
                    + " input stream"),
        faults::toString);
    assertTrue(kept("corrupt.jsonl.gz").size() > 10);
  }

  @Test
  void aFileThatIsNoParquetIsOneReject() {
    List<String> faults = rejects("broken.parquet");

    assertEquals(1, faults.size(), faults::toString);
    assertTrue(
        faults.get(0).startsWith("1 unreadable-file: the file is not readable as Parquet: "),
        faults::toString);
    assertTrue(faults.get(0).contains("is not a Parquet file"), faults::toString);
  }

  private static List<String> rejects(String source) {
    return lines(RejectTable.SPEC, source, "concat(line, ' ', rule, ': ', reason)");
  }

  private static List<Long> kept(String source) {
    return lines(CuratedTable.SPEC, source, "cast(line AS string)").stream()
        .map(Long::valueOf)
        .toList();
  }

  private static List<String> lines(TableSpec table, String source, String expression) {
    return store
        .read(table)
        .where("source = '" + source + "'")
        .orderBy("line")
        .selectExpr(expression)
        .collectAsList()
        .stream()
        .map(row -> row.getString(0))
        .toList();
  }

  private static void longLine(Path file) throws IOException {
    byte[] megabyte = new byte[1 << 20];
    Arrays.fill(megabyte, (byte) 'x');
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(bytes(distinct(BEFORE, "long") + "\n"));
      for (int i = 0; i < 200; i++) {
        out.write(megabyte);
      }
      out.write(bytes("\n" + distinct(AFTER, "long") + "\n"));
    }
  }

  private static void corruptGzip(Path file) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      for (int i = 0; i < 2_000; i++) {
        // Numbers that share no run of digits, so that no two messages are near duplicates.
        String number = Long.toString(i * 7_919_111_317L % 1_000_000_007L, 36).repeat(6);
        gzip.write(bytes(row("please look into " + number) + "\n"));
      }
    }
    Files.write(file, Arrays.copyOf(packed.toByteArray(), packed.size() / 2));
  }

  /** The row with words that make it no duplicate of those in other files. */
  private static String distinct(String row, String file) {
    return row.replace("card", file + " " + file + " purse of " + file + " leather");
  }

  private static String row(String text) {
    return "{\"text\":\"" + text + "\",\"label\":\"card\"}";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
