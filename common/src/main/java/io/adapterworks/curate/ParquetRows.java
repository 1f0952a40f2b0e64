package io.adapterworks.curate;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;

import io.adapterworks.curate.source.ColumnTypes;
import io.adapterworks.curate.source.InputFile;
import io.adapterworks.curate.source.RawLine;
import io.adapterworks.table.StorageFailures;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;

/** Reads the rows of Parquet files, each as the JSON object of its columns. */
final class ParquetRows {
  private final SparkSession spark;

  ParquetRows(SparkSession spark) {
    this.spark = spark;
  }

  /** The file's columns and Spark's names of their types; none where it cannot be read. */
  ColumnTypes columns(InputFile file) {
    ColumnTypes columns = new ColumnTypes();
    try {
      for (StructField field : spark.read().parquet(literally(file.path())).schema().fields()) {
        columns.add(field.name(), field.dataType().simpleString());
      }
    } catch (Exception unreadable) {
      // Exception: Spark's analysis errors are checked but not declared to Java. The fault comes
      // in as a line when the rows are read.
      return new ColumnTypes();
    }
    return columns;
  }

  /**
   * The file's rows, or one line that says why it cannot be read. The whole file is read once
   * beforehand: a page that is broken would otherwise stop the batch in the middle of its write.
   */
  JavaRDD<RawLine> read(InputFile file) {
    String path = literally(file.path());
    try {
      spark.read().parquet(path).write().format("noop").mode("overwrite").save();
      return spark
          .read()
          .parquet(path)
          .select(col("_metadata.row_index"), to_json(struct(col("*"))))
          .javaRDD()
          .map(row -> new RawLine(row.getLong(0) + 1, row.getString(1), null, null));
    } catch (Exception unreadable) {
      // Exception: as above.
      RawLine fault =
          new RawLine(
              1,
              "",
              RawLine.UNREADABLE_FILE,
              "the file is not readable as Parquet: " + StorageFailures.lastMessage(unreadable));
      return JavaSparkContext.fromSparkContext(spark.sparkContext()).parallelize(List.of(fault));
    }
  }

  /** A path that Spark, which takes every path for a pattern, takes for this file's. */
  private static String literally(String path) {
    return path.replaceAll("[\\\\*?\\[\\]{},]", "\\\\$0");
  }
}
