package io.adapterworks.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.WriteOutcome.Committed;
import io.adapterworks.table.WriteOutcome.Unchanged;
import io.delta.tables.DeltaTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/**
 * The Delta tables of one warehouse directory, on any Hadoop filesystem. A table is created by its
 * first write. A failed write leaves the table at its last version; failures are {@code STORAGE}, a
 * folder that is no table and a version that is not there are {@code INPUT}.
 */
public final class DeltaStore {
  private static final String DELTA = "delta";
  private static final String TXN_APPLICATION = "spark.databricks.delta.write.txnAppId";
  private static final String TXN_VERSION = "spark.databricks.delta.write.txnVersion";

  /** Operations that change files but no rows, as Delta names them. */
  private static final Set<String> UPKEEP =
      Set.of("OPTIMIZE", "VACUUM START", "VACUUM END", "REORG", "SET TBLPROPERTIES");

  private static final int RECENT_COMMITS = 10;

  private final SparkSession spark;
  private final Path warehouse;
  private final TableLog log;

  /** The warehouse in {@code directory}, which need not exist yet. */
  public DeltaStore(SparkSession spark, String directory) {
    Check.notBlank("warehouse", directory);
    this.spark = spark;
    this.log = new TableLog(spark.sparkContext().hadoopConfiguration());
    this.warehouse = new Path(directory);
  }

  public SparkSession spark() {
    return spark;
  }

  /** The folder of a table. */
  public String path(TableSpec table) {
    return new Path(warehouse, table.name()).toString();
  }

  /** The newest version of a table, or empty where nothing was written yet. */
  public OptionalLong version(TableSpec table) {
    return log.version(table.name(), new Path(warehouse, table.name()));
  }

  /**
   * The newest version that changed rows, or empty where nothing was written yet: compaction and
   * vacuum make versions that hold the rows of the one before.
   */
  public OptionalLong dataVersion(TableSpec table) {
    OptionalLong newest = version(table);
    if (newest.isEmpty()) {
      return newest;
    }
    for (int looked = RECENT_COMMITS; ; looked *= 10) {
      List<Commit> commits = history(table, looked);
      Optional<Commit> change =
          commits.stream().filter(commit -> !UPKEEP.contains(commit.operation())).findFirst();
      if (change.isPresent() || commits.size() < looked) {
        return OptionalLong.of(change.map(Commit::version).orElse(newest.getAsLong()));
      }
    }
  }

  /** The newest rows; fails where nothing was written yet. */
  public Dataset<Row> read(TableSpec table) {
    requireVersion(table);
    return attempt("read table " + table.name(), () -> reader().load(path(table)));
  }

  /** The newest rows, none where nothing was written yet. */
  public Dataset<Row> readOrEmpty(TableSpec table) {
    return version(table).isPresent()
        ? read(table)
        : spark.createDataFrame(List.of(), table.schema());
  }

  /**
   * The rows as they were at {@code version}; where only upkeep came after it, from the files of
   * the newest version, since vacuum deletes those that compaction replaced.
   */
  public Dataset<Row> read(TableSpec table, long version) {
    long newest = requireVersion(table);
    Check.that(
        version >= 0 && version <= newest,
        ErrorCode.INPUT,
        "table %s has no version %d; expected 0 to %d",
        table.name(),
        version,
        newest);
    boolean upkeepOnly = version < newest && version >= dataVersion(table).orElse(newest);
    long same = upkeepOnly ? newest : version;
    return attempt(
        "read version " + version + " of table " + table.name(),
        () -> reader().option("versionAsOf", same).load(path(table)));
  }

  /**
   * The rows that were appended after version {@code after}, up to and with version {@code upTo}.
   * The table must have been created with Delta's change feed on.
   */
  public Dataset<Row> readAppended(TableSpec table, long after, long upTo) {
    return attempt(
        "read what was added to table " + table.name(),
        () ->
            reader()
                .option("readChangeFeed", "true")
                .option("startingVersion", after + 1)
                .option("endingVersion", upTo)
                .load(path(table))
                .where(col("_change_type").equalTo("insert"))
                .select(columns(table.columnNames())));
  }

  /** Every commit, newest first. */
  public List<Commit> history(TableSpec table) {
    return history(table, Integer.MAX_VALUE);
  }

  private List<Commit> history(TableSpec table, int most) {
    requireVersion(table);
    return attempt(
        "read the history of table " + table.name(),
        () ->
            DeltaTable.forPath(spark, path(table))
                .history(most)
                .select("version", "timestamp", "operation", "operationMetrics")
                .collectAsList()
                .stream()
                .map(
                    row ->
                        new Commit(
                            row.getLong(0),
                            row.getTimestamp(1).toInstant(),
                            row.getString(2),
                            row.isNullAt(3) ? Map.of() : row.getJavaMap(3)))
                .toList());
  }

  /** Adds rows. */
  public WriteOutcome append(TableSpec table, Dataset<Row> rows) {
    return version(table).isEmpty()
        ? create(table, rows, SaveMode.Append, Optional.empty())
        : write(table, writer(table, rows).mode("append"));
  }

  /** Adds rows, unless the table already took this transaction. */
  public WriteOutcome append(TableSpec table, Dataset<Row> rows, Transaction transaction) {
    if (version(table).isEmpty()) {
      return create(table, rows, SaveMode.Append, Optional.of(transaction));
    }
    return write(
        table,
        writer(table, rows)
            .mode("append")
            .option("txnAppId", transaction.application())
            .option("txnVersion", transaction.version()));
  }

  /**
   * Adds the rows whose key is not there yet. Of two jobs that do so at the same time one fails
   * with STORAGE, so that no key is added twice.
   *
   * @param where the only rows of the table, its columns as {@code t.column}, that can have a key
   *     of {@code rows}: files that hold none of them are not read
   */
  public WriteOutcome appendNew(TableSpec table, Dataset<Row> rows, Column where) {
    if (version(table).isEmpty()) {
      return create(table, rows, SaveMode.ErrorIfExists, Optional.empty());
    }
    return committing(
        table,
        () ->
            DeltaTable.forPath(spark, path(table))
                .as("t")
                .merge(conform(table, rows).as("s"), sameKey(table).and(where))
                .whenNotMatched()
                .insertAll()
                .execute());
  }

  /** Replaces all rows by {@code rows}, unless the table already took this transaction. */
  public WriteOutcome replace(TableSpec table, Dataset<Row> rows, Transaction transaction) {
    if (version(table).isEmpty()) {
      return create(table, rows, SaveMode.Append, Optional.of(transaction));
    }
    return write(
        table,
        writer(table, rows)
            .mode("overwrite")
            .option("overwriteSchema", "true")
            .option("txnAppId", transaction.application())
            .option("txnVersion", transaction.version()));
  }

  /** Updates the rows whose key is there, adds the others. Each key may occur once in rows. */
  public WriteOutcome merge(TableSpec table, Dataset<Row> rows, Transaction transaction) {
    if (version(table).isEmpty()) {
      return append(table, rows, transaction);
    }
    return merging(
        table,
        transaction,
        () ->
            DeltaTable.forPath(spark, path(table))
                .as("t")
                .merge(conform(table, rows).as("s"), sameKey(table))
                .whenMatched()
                .updateAll()
                .whenNotMatched()
                .insertAll()
                .execute());
  }

  /**
   * Like {@link #merge}, but removes the rows of the table whose key is in {@code gone}: one commit
   * for both. A key may be in one of the two only.
   */
  public WriteOutcome mergeAndDelete(
      TableSpec table, Dataset<Row> rows, Dataset<Row> gone, Transaction transaction) {
    if (version(table).isEmpty()) {
      return append(table, rows, transaction);
    }
    String goneFlag = "row_is_gone";
    Dataset<Row> changes =
        conform(table, rows)
            .withColumn(goneFlag, lit(false))
            .unionByName(gone.select(columns(table.keys())).withColumn(goneFlag, lit(true)), true);
    Map<String, Column> values =
        table.columnNames().stream().collect(Collectors.toMap(name -> name, n -> col("s." + n)));
    return merging(
        table,
        transaction,
        () ->
            DeltaTable.forPath(spark, path(table))
                .as("t")
                .merge(changes.as("s"), sameKey(table))
                .whenMatched(col("s." + goneFlag))
                .delete()
                .whenMatched()
                .update(values)
                .whenNotMatched(col("s." + goneFlag).equalTo(false))
                .insert(values)
                .execute());
  }

  /**
   * The version of the last transaction of {@code application} that the table took, or empty where
   * it took none: how far a job that writes the table has come.
   */
  public OptionalLong lastTransaction(TableSpec table, String application) {
    if (version(table).isEmpty()) {
      return OptionalLong.empty();
    }
    return attempt(
        "read the transactions of table " + table.name(),
        () -> TableTransactions.last(spark, path(table), application));
  }

  private Column sameKey(TableSpec table) {
    Check.that(
        !table.keys().isEmpty(),
        ErrorCode.CONFIGURATION,
        "table %s has no key, so it can be appended to but not merged",
        table.name());
    return table.keys().stream()
        .map(key -> col("t." + key).equalTo(col("s." + key)))
        .reduce(Column::and)
        .orElseThrow();
  }

  private WriteOutcome merging(TableSpec table, Transaction transaction, Runnable merge) {
    spark.conf().set(TXN_APPLICATION, transaction.application());
    spark.conf().set(TXN_VERSION, transaction.version());
    try {
      return committing(table, merge);
    } finally {
      spark.conf().unset(TXN_APPLICATION);
      spark.conf().unset(TXN_VERSION);
    }
  }

  private WriteOutcome create(
      TableSpec table, Dataset<Row> rows, SaveMode mode, Optional<Transaction> transaction) {
    Dataset<Row> conforming = conform(table, rows);
    return committing(
        table,
        () -> new TableCreation(spark, path(table), table).write(conforming, mode, transaction));
  }

  private WriteOutcome write(TableSpec table, DataFrameWriter<Row> writer) {
    return committing(table, () -> writer.save(path(table)));
  }

  private WriteOutcome committing(TableSpec table, Runnable write) {
    long before = version(table).orElse(-1);
    attempt(
        "write table " + table.name() + " in " + path(table),
        () -> {
          write.run();
          return table;
        });
    long after = requireVersion(table);
    return after > before ? new Committed(after) : new Unchanged(after);
  }

  private DataFrameWriter<Row> writer(TableSpec table, Dataset<Row> rows) {
    DataFrameWriter<Row> writer = conform(table, rows).write().format(DELTA);
    return table.partitionBy().isEmpty()
        ? writer
        : writer.partitionBy(table.partitionBy().toArray(String[]::new));
  }

  private DataFrameReader reader() {
    return spark.read().format(DELTA);
  }

  /** Brings rows into the table's columns, types and comments, or says which column is missing. */
  private static Dataset<Row> conform(TableSpec table, Dataset<Row> rows) {
    List<String> given = List.of(rows.columns());
    List<String> missing =
        table.columnNames().stream().filter(name -> !given.contains(name)).toList();
    List<String> unknown = given.stream().filter(name -> table.column(name).isEmpty()).toList();
    Check.that(
        missing.isEmpty() && unknown.isEmpty(),
        ErrorCode.INPUT,
        "rows for table %s lack %s and have %s; expected exactly %s",
        table.name(),
        missing,
        unknown,
        table.columnNames());
    List<Column> columns = new ArrayList<>();
    for (var field : table.schema().fields()) {
      columns.add(col(field.name()).cast(field.dataType()).as(field.name(), field.metadata()));
    }
    return rows.select(columns.toArray(Column[]::new));
  }

  private long requireVersion(TableSpec table) {
    return version(table)
        .orElseThrow(
            () ->
                Check.failure(
                    ErrorCode.INPUT,
                    "table %s is not in warehouse %s yet; run the job that writes it first",
                    table.name(),
                    warehouse));
  }

  private static Column[] columns(List<String> names) {
    return names.stream().map(name -> col(name)).toArray(Column[]::new);
  }

  private static <T> T attempt(String what, Supplier<T> action) {
    try {
      return action.get();
    } catch (Exception failure) {
      // Exception, not RuntimeException: Scala code throws checked ones that it does not declare.
      throw StorageFailures.explain(what, failure);
    }
  }
}
