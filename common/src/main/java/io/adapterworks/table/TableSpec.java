package io.adapterworks.table;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * What a table is, apart from where the warehouse lies: its name (also its folder under the
 * warehouse), what it is for, its columns, the columns that identify a row, the columns it is
 * partitioned by, and the Delta properties it is created with.
 */
public record TableSpec(
    String name,
    String comment,
    List<Column> columns,
    List<String> keys,
    List<String> partitionBy,
    Map<String, String> properties) {
  public TableSpec {
    Check.notBlank("table name", name);
    columns = List.copyOf(columns);
    keys = List.copyOf(keys);
    partitionBy = List.copyOf(partitionBy);
    properties = Map.copyOf(properties);
    List<String> names = columns.stream().map(Column::name).toList();
    for (String key : keys) {
      requireColumn(name, names, "key", key);
    }
    for (String column : partitionBy) {
      requireColumn(name, names, "partition column", column);
    }
  }

  /** A table that is not partitioned. */
  public TableSpec(String name, String comment, List<Column> columns, List<String> keys) {
    this(name, comment, columns, keys, List.of(), Map.of());
  }

  /** The same table, created with this Delta property. */
  public TableSpec with(String property, String value) {
    Map<String, String> more = new HashMap<>(properties);
    more.put(property, value);
    return new TableSpec(name, comment, columns, keys, partitionBy, more);
  }

  /** The schema, each field nullable and carrying its comment. */
  public StructType schema() {
    return new StructType(columns.stream().map(Column::field).toArray(StructField[]::new));
  }

  /** The names of the columns, in order. */
  public List<String> columnNames() {
    return columns.stream().map(Column::name).toList();
  }

  /** The column of that name, if there is one. */
  public Optional<Column> column(String columnName) {
    return columns.stream().filter(column -> column.name().equals(columnName)).findFirst();
  }

  private static void requireColumn(String table, List<String> names, String what, String column) {
    Check.that(
        names.contains(column),
        ErrorCode.CONFIGURATION,
        "%s %s is not a column of table %s; expected one of %s",
        what,
        column,
        table,
        names);
  }
}
