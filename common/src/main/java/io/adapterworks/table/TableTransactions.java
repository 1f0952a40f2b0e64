package io.adapterworks.table;

import java.util.OptionalLong;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;

/**
 * Reads Delta's {@code txn} actions, which Delta offers to writers but not through its table API.
 */
final class TableTransactions {
  private TableTransactions() {}

  static OptionalLong last(SparkSession spark, String path, String application) {
    scala.Option<Object> version =
        DeltaLog.forTable(spark, path)
            .update(false, scala.Option.empty(), scala.Option.empty())
            .transactions()
            .get(application);
    return version.isDefined() ? OptionalLong.of((Long) version.get()) : OptionalLong.empty();
  }
}
