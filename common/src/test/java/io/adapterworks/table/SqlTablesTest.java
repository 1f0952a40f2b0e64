package io.adapterworks.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.TestSpark;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqlTablesTest {
  private static final TableSpec MESSAGES =
      new TableSpec(
          "messages",
          "What customers write.",
          List.of(
              new Column("id", DataTypes.LongType, "Its number."),
              new Column("text", DataTypes.StringType, "What was written."),
              new Column(
                  "scores",
                  DataTypes.createMapType(DataTypes.StringType, DataTypes.DoubleType),
                  "Scores by name.")),
          List.of("id"));

  @TempDir static Path warehouse;

  @BeforeAll
  static void write() throws IOException {
    DeltaStore store = new DeltaStore(TestSpark.session(), warehouse.toString());
    append(store, row(1, "plain", Map.of("a", 0.5)), row(2, "say \"hi\", now\nplease", null));
    append(
        store,
        row(3, null, Map.of()),
        row(4, "", null),
        row(5, " \u001b[31mred\u001b[0m 'quoted' ", null));
    Files.createDirectories(warehouse.resolve("adapters/support-intents/1"));
  }

  private static Row row(long id, String text, Map<String, Double> scores) {
    return RowFactory.create(
        id, text, scores == null ? null : scala.jdk.javaapi.CollectionConverters.asScala(scores));
  }

  private static void append(DeltaStore store, Row... rows) {
    store.append(MESSAGES, TestSpark.session().createDataFrame(List.of(rows), MESSAGES.schema()));
  }

  private static SqlTables tables() {
    return new SqlTables(TestSpark.session(), warehouse.toString());
  }

  private static List<String> printed(String sql, RowFormat format) {
    List<String> lines = new ArrayList<>();
    new RowPrinter(lines::add).print(tables().query(sql), format);
    return lines;
  }

  private static AdapterworksException failure(String sql) {
    return assertThrows(AdapterworksException.class, () -> tables().query(sql), sql);
  }

  @Test
  void csvIsQuotedSoThatNothingIsLost() {
    assertEquals(
        List.of(
            "id,text,scores",
            "1,plain,\"{\"\"a\"\":0.5}\"",
            "2,\"say \"\"hi\"\", now\nplease\",",
            "3,,{}",
            "4,\"\",",
            "5,\" \u001b[31mred\u001b[0m 'quoted' \","),
        printed("SELECT * FROM messages ORDER BY id", RowFormat.CSV));
  }

  @Test
  void columnsOfOneNameAreAllPrinted() {
    assertEquals(List.of("n,n", "1,2"), printed("SELECT 1 AS n, 2 AS n", RowFormat.CSV));
  }

  @Test
  void aValueThatAnExpressionCannotTakeIsTheStatementsFault() {
    SqlTables tables = tables();
    for (String sql : List.of("SELECT 1 / 0", "SELECT cast(text AS int) FROM messages")) {
      Exception fault =
          assertThrows(
              Exception.class,
              () -> new RowPrinter(line -> {}).print(tables.query(sql), RowFormat.TABLE));
      AdapterworksException explained = tables.explained(fault);
      assertEquals(ErrorCode.USAGE, explained.code());
      assertTrue(
          explained.getMessage().startsWith("the SQL cannot be run: "), explained.getMessage());
    }
  }

  @Test
  void jsonKeepsTypesAndNulls() {
    assertEquals(
        List.of(
            "{\"id\":1,\"text\":\"plain\",\"scores\":{\"a\":0.5},\"odd name\":true,\"n\":null}",
            "{\"id\":3,\"text\":null,\"scores\":{},\"odd name\":false,\"n\":null}"),
        printed(
            "SELECT *, id = 1 AS `odd name`, double('NaN') AS n FROM messages WHERE id IN (1, 3)"
                + " ORDER BY id",
            RowFormat.JSON));
  }

  @Test
  void aTableIsAlignedAndCannotSteerTheTerminal() {
    assertEquals(
        List.of(
            "id  text",
            "--  -----------------------",
            " 1  plain",
            " 2  say \"hi\", now please",
            " 3  null",
            " 4",
            " 5   \ufffd[31mred\ufffd[0m 'quoted'",
            "(5 rows)"),
        printed("SELECT id, text FROM messages ORDER BY id", RowFormat.TABLE));
  }

  @Test
  void anOlderVersionCanBeAsked() {
    assertEquals(
        List.of("n", "2"),
        printed("SELECT count(*) AS n FROM messages VERSION AS OF 0", RowFormat.CSV));
  }

  @Test
  void anUnknownTableNamesTheNearest() {
    AdapterworksException error = failure("SELECT * FROM mesages m JOIN messages USING (id)");
    assertEquals(ErrorCode.INPUT, error.code());
    assertEquals(
        "there is no table mesages; did you mean messages? Tables: messages", error.getMessage());
  }

  @Test
  void anEmptyWarehouseSaysWhatToRunFirst(@TempDir Path empty) {
    SqlTables none = new SqlTables(TestSpark.session(), empty.resolve("missing").toString());
    AdapterworksException error =
        assertThrows(AdapterworksException.class, () -> none.query("SELECT 1 FROM evaluations"));
    assertEquals(
        "there is no table evaluations; the warehouse has no tables yet; run the job ingest or run"
            + " first",
        error.getMessage());
  }

  @Test
  void sqlThatIsWrongSaysWhere() {
    AdapterworksException column = failure("SELECT txt FROM messages");
    assertEquals(ErrorCode.USAGE, column.code());
    assertTrue(column.getMessage().contains("`txt`"), column.getMessage());
    assertTrue(column.getMessage().contains("`text`"), column.getMessage());
    assertTrue(
        column.getMessage().endsWith("Correct the statement; tables are messages"),
        column.getMessage());
    AdapterworksException syntax = failure("SELEC * FROM messages");
    assertEquals(ErrorCode.USAGE, syntax.code());
    assertEquals(1, syntax.getMessage().lines().count(), syntax.getMessage());
    assertTrue(syntax.getMessage().contains("'SELEC'"), syntax.getMessage());
  }

  @Test
  void whatWouldChangeATableIsRefused() {
    for (String sql :
        List.of(
            "DELETE FROM messages",
            "DROP TABLE messages",
            "INSERT INTO messages SELECT * FROM messages",
            "WITH m AS (SELECT * FROM messages) INSERT INTO messages SELECT * FROM m",
            "CREATE TABLE t AS SELECT * FROM messages",
            "UPDATE messages SET id = 1",
            "MERGE INTO messages t USING messages s ON t.id = s.id WHEN MATCHED THEN DELETE",
            "ALTER TABLE messages ADD COLUMNS (x INT)",
            "TRUNCATE TABLE messages",
            "VACUUM messages",
            "SET spark.sql.ansi.enabled = false")) {
      AdapterworksException error = failure(sql);
      assertEquals(ErrorCode.USAGE, error.code(), sql);
      assertEquals(
          "the statement would change something; expected a query (SELECT, WITH, VALUES), DESCRIBE,"
              + " SHOW or EXPLAIN; tables change through the jobs only",
          error.getMessage(),
          sql);
    }
    assertEquals(List.of("n", "5"), printed("SELECT count(*) AS n FROM messages", RowFormat.CSV));
  }

  @Test
  void describeTellsAboutATable() {
    List<String> lines = printed("DESCRIBE messages", RowFormat.CSV);
    assertTrue(lines.contains("text,string,What was written."), lines.toString());
  }
}
