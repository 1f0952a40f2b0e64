package io.adapterworks.table;

import io.adapterworks.config.NearestName;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.plans.logical.Command;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.ParsedStatement;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Answers SQL over the tables of a warehouse by their names, {@code VERSION AS OF} included. It
 * only reads: statements that would change a table are refused.
 */
public final class SqlTables {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
  private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");
  private static final Pattern BACKTICKS = Pattern.compile("`([^`]*)`$");

  /** The class of SQL states of a value that an expression cannot take, as a division by zero. */
  private static final String DATA_EXCEPTION = "22";

  private static final List<String> TELLING = List.of("describe", "desc", "show", "explain");

  private final SparkSession spark;
  private final Path warehouse;
  private final String database;

  /** The tables of the warehouse in {@code directory}. */
  public SqlTables(SparkSession parent, String directory) {
    this.spark = parent.newSession();
    this.warehouse = new Path(directory);
    // A name of its own: sessions of one process share their catalog, warehouses must not.
    this.database = "warehouse_" + Integer.toHexString(warehouse.toString().hashCode());
  }

  /** The names of all tables, sorted; none where nothing was written yet. */
  public List<String> names() {
    try {
      FileSystem files = warehouse.getFileSystem(spark.sparkContext().hadoopConfiguration());
      TreeMap<String, Boolean> tables = new TreeMap<>();
      for (FileStatus entry : files.listStatus(warehouse)) {
        String name = entry.getPath().getName();
        if (NAME.matcher(name).matches()) {
          tables.put(name, files.exists(new Path(entry.getPath(), "_delta_log")));
        }
      }
      tables.values().removeIf(isTable -> !isTable);
      return List.copyOf(tables.keySet());
    } catch (FileNotFoundException nothingWrittenYet) {
      return List.of();
    } catch (IOException failure) {
      throw StorageFailures.explain("list the tables in " + warehouse, failure);
    }
  }

  /**
   * The answer to one statement.
   *
   * @throws AdapterworksException USAGE for SQL that cannot be parsed or understood, or that would
   *     change something; INPUT for a table that is not there
   */
  public Dataset<Row> query(String sql) {
    List<String> names = names();
    try {
      requireReading(sql);
      register(names, sql);
      return spark.sql(sql);
    } catch (Exception failure) {
      // Exception: Spark throws its checked AnalysisException from Scala, undeclared.
      throw explained(failure, names);
    }
  }

  private void requireReading(String sql) throws Exception {
    Matcher first = WORD.matcher(sql);
    if (first.find() && TELLING.contains(first.group().toLowerCase(Locale.ROOT))) {
      return;
    }
    Check.that(
        reads(spark.sessionState().sqlParser().parsePlan(sql)),
        ErrorCode.USAGE,
        "the statement would change something; expected a query (SELECT, WITH, VALUES), DESCRIBE,"
            + " SHOW or EXPLAIN; tables change through the jobs only");
  }

  private static boolean reads(LogicalPlan plan) {
    return !(plan instanceof Command)
        && !(plan instanceof ParsedStatement)
        && CollectionConverters.asJava(plan.children()).stream().allMatch(SqlTables::reads);
  }

  /** Makes the tables that the statement may mean known under their names. */
  private void register(List<String> names, String sql) {
    spark.sql("CREATE DATABASE IF NOT EXISTS " + database);
    spark.sql("USE " + database);
    List<String> words =
        WORD.matcher(sql).results().map(w -> w.group().toLowerCase(Locale.ROOT)).toList();
    boolean all = words.contains("tables");
    names.stream()
        .filter(name -> all || words.contains(name))
        .forEach(
            name ->
                spark.sql(
                    "CREATE TABLE IF NOT EXISTS %s USING delta LOCATION '%s'"
                        .formatted(
                            name, new Path(warehouse, name).toString().replace("'", "\\'"))));
  }

  /**
   * What went wrong when the rows of an answer were read: USAGE where the statement is at fault.
   */
  public AdapterworksException explained(Exception failure) {
    return explained(failure, names());
  }

  private static AdapterworksException explained(Exception failure, List<String> names) {
    if (failure instanceof AdapterworksException known) {
      return known;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof FileNotFoundException) {
        return new AdapterworksException(
            ErrorCode.INPUT,
            "files of that version are gone: maintain deletes them after maintenance.retention; ask"
                + " for a newer version",
            failure);
      }
      if (cause instanceof SparkThrowable fault
          && String.valueOf(fault.getSqlState()).startsWith(DATA_EXCEPTION)) {
        return new AdapterworksException(
            ErrorCode.USAGE,
            "the SQL cannot be run: " + firstParagraph(cause.getMessage()),
            failure);
      }
    }
    if (failure instanceof AnalysisException analysis) {
      return missingTable(analysis, names)
          .orElseGet(
              () ->
                  new AdapterworksException(
                      ErrorCode.USAGE,
                      "the SQL cannot be run: "
                          + firstParagraph(analysis.getMessage())
                          + " Correct the statement; tables are "
                          + String.join(", ", names),
                      analysis));
    }
    return StorageFailures.explain("answer the query", failure);
  }

  private static Optional<AdapterworksException> missingTable(
      AnalysisException failure, List<String> names) {
    if (!"TABLE_OR_VIEW_NOT_FOUND".equals(failure.getCondition())) {
      return Optional.empty();
    }
    String written = failure.getMessageParameters().getOrDefault("relationName", "");
    Matcher quoted = BACKTICKS.matcher(written);
    String name = quoted.find() ? quoted.group(1) : written;
    String cure =
        names.isEmpty()
            ? "; the warehouse has no tables yet; run the job ingest or run first"
            : NearestName.question("", name, names) + " Tables: " + String.join(", ", names);
    return Optional.of(
        new AdapterworksException(ErrorCode.INPUT, "there is no table " + name + cure, failure));
  }

  private static String firstParagraph(String whole) {
    String message = whole.replaceFirst("^\\[[A-Z0-9_.]+\\] ", "");
    String first = message.split("\\R\\R|\\R==|;\\R", 2)[0].replaceAll("\\s+", " ").strip();
    String plain = first.replaceAll(" SQLSTATE: \\w+", "");
    return plain.endsWith(".") || plain.endsWith("?") ? plain : plain + ".";
  }
}
