package io.adapterworks.table;

import io.adapterworks.error.Check;
import java.util.Objects;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;

/**
 * One column of a table: its name, its Spark type and the comment that readers of the table see.
 */
public record Column(String name, DataType type, String comment) {
  public Column {
    Check.notBlank("column name", name);
    Objects.requireNonNull(type, "type");
    Check.notBlank("comment of column " + name, comment);
  }

  StructField field() {
    return new StructField(name, type, true, Metadata.empty()).withComment(comment);
  }
}
