package io.adapterworks.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.TestSpark;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.WriteOutcome.Committed;
import io.adapterworks.table.WriteOutcome.Unchanged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeltaStoreTest {
  private static final TableSpec PETS =
      new TableSpec(
          "pets",
          "Animals of the house.",
          List.of(
              new Column("name", DataTypes.StringType, "What it is called."),
              new Column("age", DataTypes.LongType, "Whole years.")),
          List.of("name"));

  @TempDir Path folder;
  private DeltaStore store;

  @BeforeEach
  void open() {
    store = new DeltaStore(TestSpark.session(), folder.toString());
  }

  @Test
  void firstAppendCreatesTheTableWithItsComments() {
    assertEquals(OptionalLong.empty(), store.version(PETS));
    assertEquals(List.of(), contents(store.readOrEmpty(PETS)));

    assertEquals(new Committed(0), store.append(PETS, pets("Rex", 3)));

    assertEquals(List.of("Rex 3"), contents(store.read(PETS)));
    StructType schema = store.read(PETS).schema();
    assertEquals("What it is called.", schema.apply("name").getComment().get());
    assertEquals("Whole years.", schema.apply("age").getComment().get());
    assertEquals(
        "Animals of the house.",
        TestSpark.session()
            .sql("DESCRIBE DETAIL delta.`" + store.path(PETS) + "`")
            .select("description")
            .head()
            .getString(0));
  }

  @Test
  void compactionMakesAVersionButNoData() {
    store.append(PETS, pets("Rex", 3));
    store.append(PETS, pets("Tom", 5));
    TableMaintenance maintenance = new TableMaintenance(TestSpark.session(), folder.toString());

    assertEquals(List.of("pets"), maintenance.tables());
    assertEquals(
        new TableMaintenance.Upkeep("pets", 2, 1, 0, Duration.ZERO), maintenance.compact("pets"));
    assertEquals(
        new TableMaintenance.Upkeep("pets", 0, 0, 0, Duration.ofDays(7)),
        maintenance.vacuum("pets", Duration.ofDays(7)));

    assertEquals(OptionalLong.of(1), store.dataVersion(PETS));
    // Compaction and the beginning and end of the vacuum are versions of their own.
    assertEquals(OptionalLong.of(4), store.version(PETS));
    assertEquals(List.of("Rex 3", "Tom 5"), contents(store.read(PETS)));
    assertEquals(List.of("Rex 3"), contents(store.read(PETS, 0)));
  }

  /** Its rows are those of the compacted version: its own files may be gone. */
  @Test
  void theNewestDataIsReadableAfterCompactionAndVacuum() throws IOException {
    store.append(PETS, pets("Rex", 3));
    store.append(PETS, pets("Tom", 5));
    Path table = Path.of(store.path(PETS).replaceFirst("^file:", ""));
    List<Path> before = dataFiles(table);
    new TableMaintenance(TestSpark.session(), folder.toString()).compact("pets");
    for (Path file : before) {
      Files.delete(file);
    }

    long version = store.dataVersion(PETS).getAsLong();
    assertEquals(List.of("Rex 3", "Tom 5"), contents(store.read(PETS, version)));
  }

  private static List<Path> dataFiles(Path table) throws IOException {
    try (Stream<Path> files = Files.list(table)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).toList();
    }
  }

  /** Also where Delta itself would have let go of the files. */
  @Test
  void vacuumKeepsWhatItsOwnRetentionNeeds() {
    store.append(PETS, pets("Rex", 3));
    store.replace(PETS, pets("Tom", 5), new Transaction("night", 1));
    TestSpark.session()
        .sql(
            "ALTER TABLE delta.`"
                + store.path(PETS)
                + "` SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 0 hours')");
    TableMaintenance maintenance = new TableMaintenance(TestSpark.session(), folder.toString());

    assertEquals(
        new TableMaintenance.Upkeep("pets", 0, 0, 0, Duration.ofDays(30)),
        maintenance.vacuum("pets", Duration.ofDays(30)));
  }

  /** However old: an adapter's dataset must stay readable for longer than Delta's own week. */
  @Test
  void tablesAllowTimeTravelAsLongAsTheirLogGoesBack() {
    store.append(PETS, pets("Rex", 3));

    List<String> kept =
        TestSpark.session()
            .sql("SHOW TBLPROPERTIES delta.`" + store.path(PETS) + "`")
            .where("key LIKE 'delta.%RetentionDuration'")
            .orderBy("key")
            .collectAsList()
            .stream()
            .map(row -> row.getString(0) + " " + row.getString(1))
            .toList();

    assertEquals(
        List.of(
            "delta.deletedFileRetentionDuration interval 3650 days",
            "delta.logRetentionDuration interval 3650 days"),
        kept);
  }

  @Test
  void anOlderVersionStaysReadable() {
    store.append(PETS, pets("Rex", 3));
    store.append(PETS, pets("Tom", 5));

    assertEquals(List.of("Rex 3"), contents(store.read(PETS, 0)));
    assertEquals(List.of("Rex 3", "Tom 5"), contents(store.read(PETS, 1)));
    assertEquals(List.of(1L, 0L), store.history(PETS).stream().map(Commit::version).toList());
    AdapterworksException failure =
        assertThrows(AdapterworksException.class, () -> store.read(PETS, 7));
    assertEquals(ErrorCode.INPUT, failure.code());
    assertEquals("table pets has no version 7; expected 0 to 1", failure.getMessage());
  }

  @Test
  void aTransactionIsTakenOnce() {
    Transaction first = new Transaction("night", 1);

    assertEquals(new Committed(0), store.append(PETS, pets("Rex", 3), first));
    assertEquals(new Unchanged(0), store.append(PETS, pets("Rex", 3), first));
    assertEquals(new Committed(1), store.merge(PETS, pets("Rex", 4), new Transaction("night", 2)));
    assertEquals(new Unchanged(1), store.merge(PETS, pets("Rex", 9), new Transaction("night", 2)));

    assertEquals(List.of("Rex 4"), contents(store.read(PETS)));
    assertEquals(OptionalLong.of(2), store.lastTransaction(PETS, "night"));
    assertEquals(OptionalLong.empty(), store.lastTransaction(PETS, "day"));
  }

  @Test
  void mergeAndDeleteIsOneCommit() {
    store.append(PETS, pets("Rex", 3).union(pets("Tom", 5)));

    WriteOutcome outcome =
        store.mergeAndDelete(
            PETS,
            pets("Tom", 6).union(pets("Kit", 1)),
            pets("Rex", 0).union(pets("Unknown", 0)),
            new Transaction("night", 1));

    assertEquals(new Committed(1), outcome);
    assertEquals(List.of("Kit 1", "Tom 6"), contents(store.read(PETS)));
  }

  @Test
  void rowsThatDoNotFitTheTableAreRefused() {
    AdapterworksException failure =
        assertThrows(
            AdapterworksException.class,
            () -> store.append(PETS, pets("Rex", 3).withColumnRenamed("age", "years")));

    assertEquals(
        "rows for table pets lack [age] and have [years]; expected exactly [name, age]",
        failure.getMessage());
  }

  @Test
  void aTableThatIsNotThereNamesTheCure() {
    AdapterworksException failure =
        assertThrows(AdapterworksException.class, () -> store.read(PETS));

    assertEquals(ErrorCode.INPUT, failure.code());
    assertEquals(
        "table pets is not in warehouse " + folder + " yet; run the job that writes it first",
        failure.getMessage());
  }

  @Test
  void aFolderOfOtherFilesIsNoTable() throws IOException {
    Files.createDirectories(folder.resolve("pets"));
    Files.writeString(folder.resolve("pets/holiday.jpg"), "not a table");

    AdapterworksException failure =
        assertThrows(AdapterworksException.class, () -> store.append(PETS, pets("Rex", 3)));

    assertEquals(ErrorCode.INPUT, failure.code());
    assertEquals(
        folder
            + "/pets is not a Delta table, so table pets cannot live there; expected an empty or"
            + " missing folder, or a Delta table; move those files away or set another warehouse",
        failure.getMessage());
  }

  @Test
  void aFullDiskIsSaidAndLosesNothing() {
    store.append(PETS, pets("Rex", 3));
    DeltaStore full = new DeltaStore(TestSpark.session(), "full://" + folder);

    AdapterworksException failure =
        assertThrows(AdapterworksException.class, () -> full.append(PETS, pets("Tom", 5)));

    assertEquals(ErrorCode.STORAGE, failure.code());
    assertEquals(
        "could not write table pets in full:"
            + folder
            + "/pets: the disk is full; the table keeps its last version and nothing is lost; free"
            + " some space, or set warehouse to a larger disk, and run the job again",
        failure.getMessage());
    assertEquals(List.of("Rex 3"), contents(store.read(PETS)));
  }

  private static Dataset<Row> pets(String name, long age) {
    return TestSpark.session()
        .createDataFrame(List.of(RowFactory.create(name, age)), PETS.schema());
  }

  private static List<String> contents(Dataset<Row> rows) {
    return rows.collectAsList().stream()
        .map(row -> row.getString(0) + " " + row.getLong(1))
        .sorted()
        .toList();
  }
}
